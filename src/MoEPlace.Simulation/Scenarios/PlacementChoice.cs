using System.Collections.Immutable;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>Which experts stand where: by a policy, whose limits are rounds and never seconds, or out of a file.</summary>
public sealed record PlacementChoice
{
    /// <summary>The policies that give the same placement whatever the machine.</summary>
    public static ImmutableArray<string> Policies { get; } =
        ["affinity", "contiguous", "cooccurrence", "eplb", "grace", "random", "round-robin"];

    /// <summary>One of <see cref="Policies"/>. Default: contiguous, as engines start.</summary>
    public string Policy { get; init; } = "contiguous";

    /// <summary>The path of a placement file instead of a policy.</summary>
    public string? File { get; init; }

    /// <summary>What affinity minimises: crossing, copies or step. Default: step.</summary>
    public string Objective { get; init; } = "step";

    /// <summary>Slots per layer beyond one for each expert (affinity, eplb and cooccurrence), 0 or more.</summary>
    public int Redundant { get; init; }

    /// <summary>Busiest rank over mean that affinity holds in every layer, 1 or more; null for no limit.</summary>
    public double? MaxImbalance { get; init; }

    /// <summary>Rounds of affinity's search, 1 to 100,000. Default: 4.</summary>
    public int IterationLimit { get; init; } = 4;

    /// <summary>The sequences that it is solved on. Default: train.</summary>
    public TraceSplit Split { get; init; } = TraceSplit.Train;

    /// <summary>For people.</summary>
    internal string Words => File is not null ? Path.GetFileName(File) : Redundant == 0 ? Policy : $"{Policy}, {Redundant} redundant";
}
