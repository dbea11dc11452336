using MoEPlace.Results;

namespace MoEPlace.Reports.Simulations;

/// <summary>One result as the page shows it: which variant it starts from and which is fastest.</summary>
internal sealed class SimulationSection
{
    private const int MostDrawn = 8;
    private const int MostLines = 3;

    internal SimulationSection(SimulationResult result, int number, bool alone)
    {
        Result = result;
        Number = number;
        FilePrefix = alone ? "" : $"{number}-";
        Variants = DrawnVariant.All(result);
        Phases = StepPhase.Of(result);
        // Tokens may differ between variants, of another cluster for example; then steps alone do not compare.
        Fastest = SameTokens
            ? Variants.MinBy(v => v.Step ?? double.PositiveInfinity)!
            : Variants.MaxBy(v => v.Measure(SimulationMeasure.TokensPerSecond) ?? 0)!;
        Few = [.. Variants.Where((v, i) => i < MostLines || v == Fastest)];
        Drawn = [.. Variants.Where((v, i) => i < MostDrawn || v == Fastest)];
    }

    /// <summary>What was simulated.</summary>
    internal SimulationResult Result { get; }

    /// <summary>1 for the first result of the page.</summary>
    internal int Number { get; }

    /// <summary>What the names of its files start with: nothing when it is the only result.</summary>
    internal string FilePrefix { get; }

    /// <summary>All variants, the baseline first.</summary>
    internal DrawnVariant[] Variants { get; }

    /// <summary>Those that figures show: the first eight, and the fastest.</summary>
    internal DrawnVariant[] Drawn { get; }

    /// <summary>All phases of all variants, in the order in which they are drawn.</summary>
    internal StepPhase[] Phases { get; }

    /// <summary>Those whose lines stand over one another: the first three, and the fastest.</summary>
    internal DrawnVariant[] Few { get; }

    /// <summary>What differences are told against.</summary>
    internal DrawnVariant Baseline => Variants[0];

    /// <summary>The shortest step; of variants with different tokens the most tokens a second. The baseline when none is better.</summary>
    internal DrawnVariant Fastest { get; }

    /// <summary>True when every variant runs the same number of tokens in a step.</summary>
    internal bool SameTokens => Array.TrueForAll(Variants, v => v.Result.TokensPerStep == Variants[0].Result.TokensPerStep);

    internal bool Synthetic => Result.Origin == "synthetic";

    /// <summary>The model in a few words.</summary>
    internal string Model => PlainText.Clean(Result.Model, 60);

    /// <summary>What stands under the title of each figure, so that a figure by itself tells what it shows.</summary>
    internal string Subtitle =>
        $"simulated {PlainText.Clean(Result.Phase, 20)} of {Model} · {(Synthetic ? "SYNTHETIC" : "measured")} routing · "
        + $"scenario {PlainText.Clean(Result.Scenario, 40)}";

    /// <summary>A cluster in a few words.</summary>
    internal static string Shape(SimulatedVariant variant) =>
        $"{Quantity.Count(variant.Nodes)} {(variant.Nodes == 1 ? "node" : "nodes")} × {variant.RanksPerNode} "
        + (variant.RanksPerNode == 1 ? "GPU" : "GPUs");
}
