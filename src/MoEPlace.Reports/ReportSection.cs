using MoEPlace.Results;

namespace MoEPlace.Reports;

/// <summary>One result as the page shows it: which placement it starts from and which is best.</summary>
internal sealed class ReportSection
{
    private const int MostDrawn = 16;

    internal ReportSection(ResultFile result, int number, bool alone, PolicyColors colors)
    {
        Result = result;
        Number = number;
        FilePrefix = alone ? "" : $"{number}-";
        Placements = DrawnPlacement.All(result, colors);
        (Best, BestBecause) = Choose(Placements);
        Drawn = [.. Placements.Where((p, i) => i < MostDrawn || p == Best).Take(MostDrawn + 1)];
    }

    /// <summary>What was judged.</summary>
    internal ResultFile Result { get; }

    /// <summary>1 for the first result of the page.</summary>
    internal int Number { get; }

    /// <summary>What the names of its files start with: nothing when it is the only result.</summary>
    internal string FilePrefix { get; }

    /// <summary>All placements, the baseline first.</summary>
    internal DrawnPlacement[] Placements { get; }

    /// <summary>Those that figures with one mark per placement show: the first sixteen, and the best.</summary>
    internal DrawnPlacement[] Drawn { get; }

    /// <summary>What "before" stands for.</summary>
    internal DrawnPlacement Baseline => Placements[0];

    /// <summary>What "after" stands for; the baseline itself when nothing is better.</summary>
    internal DrawnPlacement Best { get; }

    /// <summary>By what it is the best.</summary>
    internal string BestBecause { get; }

    /// <summary>True when there is a before and an after.</summary>
    internal bool Compares => Best != Baseline;

    internal int Ranks => Result.Nodes * Result.RanksPerNode;

    internal int Layers => Result.Placements[0].Detail.RankOfExpert.Length;

    internal bool Synthetic => Result.Origin == "synthetic";

    /// <summary>The model in a few words.</summary>
    internal string Model => PlainText.Clean(Result.Model, 60);

    /// <summary>The cluster in a few words.</summary>
    internal string Cluster => Result.Nodes == 1
        ? $"1 node × {Result.RanksPerNode} {(Result.RanksPerNode == 1 ? "GPU" : "GPUs")}"
        : $"{Result.Nodes} nodes × {Result.RanksPerNode} {(Result.RanksPerNode == 1 ? "GPU" : "GPUs")}";

    /// <summary>What stands under the title of each figure, so that a figure by itself tells what it shows.</summary>
    internal string Subtitle =>
        $"{(Synthetic ? "SYNTHETIC trace" : "measured trace")} of {Model} · {PlainText.Clean(Result.Split, 20)} split · "
        + $"{PlainText.Clean(Result.Residency, 20)} residency · {Cluster}";

    private static (DrawnPlacement Best, string Because) Choose(DrawnPlacement[] placements)
    {
        var crossing = placements.Where(p => p.Measures.GpuCrossingFraction is not null).MinBy(p => p.Measures.GpuCrossingFraction);
        if (crossing is not null)
            return (crossing, "lowest GPU crossing");
        var copies = placements.Where(p => p.Measures.RankCopiesPerTokenLayer is not null).MinBy(p => p.Measures.RankCopiesPerTokenLayer);
        return copies is not null
            ? (copies, "fewest copies to other GPUs; GPU crossing is unknown")
            : (placements.MinBy(p => p.Measures.ImbalanceMean)!, "lowest mean imbalance; GPU crossing and copies are unknown");
    }
}
