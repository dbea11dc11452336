using System.Collections.Immutable;
using MoEPlace.Evaluation;
using MoEPlace.Simulation.Schedules;

namespace MoEPlace.Simulation.Work;

/// <summary>What decides which tokens a step has and how they travel.</summary>
public sealed record WorkOptions
{
    /// <summary>Where a hidden state lives between layers; prefill runs home in any case. Default: home.</summary>
    public Residency Residency { get; init; } = Residency.Home;

    /// <summary>How dispatch and combine travel. Default: flat.</summary>
    public AllToAllAlgorithm AllToAll { get; init; } = AllToAllAlgorithm.Flat;

    /// <summary>What a token travels once for. Default: every rank that holds some of its experts.</summary>
    public CopyUnit Copies { get; init; } = CopyUnit.Rank;

    /// <summary>
    /// Room of every expert for the tokens of one rank: this many times the mean of what the fullest rank sends to an expert, rounded
    /// up. Full room travels and is computed, whatever <see cref="Copies"/> says; tokens beyond it are dropped. Above 0, at most 1,024, at
    /// residency home only; null: what the gate chose and no more. Default: null.
    /// </summary>
    public double? CapacityFactor { get; init; }

    /// <summary>Bytes of one token's dispatched hidden state, 1 or more. Default: 1, so that traffic counts copies.</summary>
    public long DispatchBytesPerToken { get; init; } = 1;

    /// <summary>Bytes of one token's combined hidden state, 1 or more. Default: 1.</summary>
    public long CombineBytesPerToken { get; init; } = 1;

    /// <summary>Bytes that one token adds to the key-value cache in one layer; they are gathered under residency coherent. 0 or more. Default: 0.</summary>
    public long ContextBytesPerTokenLayer { get; init; }

    /// <summary>What the step does. Default: decode.</summary>
    public ServingPhase Phase { get; init; } = ServingPhase.Decode;

    /// <summary>Tokens of one step over all ranks, 1 to 16,777,216. Default: 512.</summary>
    public int TokensPerStep { get; init; } = 512;

    /// <summary>Whether homes that the trace records are kept; else tokens are dealt evenly. Default: true.</summary>
    public bool RecordedHomes { get; init; } = true;

    /// <summary>Ranks that are gone: they hold no tokens and may hold no experts. Default: none.</summary>
    public ImmutableArray<int> LostRanks { get; init; } = [];

    /// <summary>Up to this many ranks the bytes of every pair are counted, above only the sums at ports; 0 to 1,024. Default: 128.</summary>
    public int PairRanks { get; init; } = 128;
}
