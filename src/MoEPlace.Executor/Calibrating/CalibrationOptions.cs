using System.Collections.Immutable;
using MoEPlace.Executor.Models;

namespace MoEPlace.Executor.Calibrating;

/// <summary>What is measured of a model's phases, and for how long.</summary>
public sealed record CalibrationOptions
{
    private const int LongestContext = 512;
    private const int MostValues = 64;
    private const int MostTokens = 1 << 16;

    /// <summary>
    /// Tokens on every rank at which phases are measured; exchanges send to every peer the rows that these tokens would. Each 1 to 65,536.
    /// Default: 1, 4, 16, 64.
    /// </summary>
    public ImmutableArray<int> Tokens { get; init; } = [1, 4, 16, 64];

    /// <summary>Cached tokens of each, its own included, at which attention is measured; 1 to what the model takes.</summary>
    public required ImmutableArray<int> Contexts { get; init; }

    /// <summary>Seconds of measuring, warm-up not included; above 0, at most 3,600. Default: 20.</summary>
    public double Seconds { get; init; } = 20;

    /// <summary>Ranks on each node, which follow each other.</summary>
    public required int RanksPerNode { get; init; }

    /// <summary>Told on rank 0 after every round: the share that is done, 0 to 1, and how many rounds that is.</summary>
    public Action<double, int>? Progress { get; init; }

    /// <summary>An eighth, a half and seven eighths of the positions of a model, or of 512 if it takes more.</summary>
    public static ImmutableArray<int> ContextsOf(TransformerConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var most = Math.Min(config.MaxPositions, LongestContext);
        return [.. new[] { most / 8, most / 2, most * 7 / 8 }.Select(context => Math.Max(1, context)).Distinct()];
    }

    /// <summary>Notes everything that is wrong.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="config">The model.</param>
    /// <param name="ranks">Ranks that shall run it.</param>
    public void Check(InputFaults faults, TransformerConfig config, int ranks)
    {
        ArgumentNullException.ThrowIfNull(faults);
        ArgumentNullException.ThrowIfNull(config);
        CheckList(faults, "--tokens", Tokens, MostTokens, "tokens");
        CheckList(faults, "--contexts", Contexts, config.MaxPositions, $"positions of {config.Name}");
        faults.Require(Seconds is > 0 and <= 3600, "--seconds", Seconds, "above 0, at most 3,600");
        faults.Require(
            RanksPerNode >= 1 && ranks % RanksPerNode == 0, "LOCAL_WORLD_SIZE", RanksPerNode,
            $"a divisor of {ranks}, the ranks of this job");
        faults.Require(ranks <= config.Experts, "--ranks", ranks, $"at most {config.Experts}, the experts of {config.Name}");
        faults.Require(
            ranks == 1 || config.OtherGate is not { NeedsWholeBatch: true }, "--ranks", ranks,
            $"1: what the gate of {config.Name} picks for a token depends on all tokens of a step");
    }

    private static void CheckList(InputFaults faults, string name, ImmutableArray<int> values, int most, string unit)
    {
        faults.Require(values.Length is >= 1 and <= MostValues, name, values.Length, $"1 to {MostValues} numbers");
        foreach (var value in values)
            faults.Require(value >= 1 && value <= most, name, value, FormattableString.Invariant($"1 to {most} {unit}"));
        faults.Require(values.Distinct().Count() == values.Length, name, string.Join(' ', values), "each number once");
    }
}
