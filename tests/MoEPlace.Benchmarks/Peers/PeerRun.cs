namespace MoEPlace.Benchmarks.Peers;

/// <summary>A placement of the comparison: how it is called, how it is solved, how it is judged.</summary>
/// <param name="Label">In tables and figures.</param>
/// <param name="Options">Of the verb <c>place</c>, beside trace, cluster, split, seed and time limit.</param>
/// <param name="EvenDispatch">
/// A label for the same placement judged a second time, with the replicas of an expert sharing its tokens evenly; null for none.
/// </param>
internal sealed record PeerRun(string Label, string[] Options, string? EvenDispatch = null)
{
    /// <summary>Everybody, the baseline first.</summary>
    internal static PeerRun[] All { get; } =
    [
        new("contiguous", ["--policy", "contiguous"]),
        new("round-robin", ["--policy", "round-robin"]),
        new("random", ["--policy", "random"]),
        new("eplb", ["--policy", "eplb"]),
        new("eplb +8 slots", ["--policy", "eplb", "--redundant", "8"], "eplb +8 slots (even)"),
        new("exflow (HiGHS)", ["--policy", "exflow", "--solver", "highs"]),
        new("exflow (CBC)", ["--policy", "exflow", "--solver", "cbc"]),
        new("moetuner", ["--policy", "moetuner"]),
        new("grace", ["--policy", "grace"]),
        new("cooccurrence", ["--policy", "cooccurrence"]),
        new("affinity", ["--policy", "affinity", "--objective", "crossing"]),
        new("affinity ≤ 1.05", ["--policy", "affinity", "--objective", "crossing", "--max-imbalance", "1.05"]),
        new("affinity (copies)", ["--policy", "affinity", "--objective", "copies", "--residency", "coherent"]),
        new("affinity (copies) ≤ 1.05", ["--policy", "affinity", "--objective", "copies", "--residency", "coherent", "--max-imbalance", "1.05"]),
        new("affinity (copies) +8 slots ≤ 1.02",
            ["--policy", "affinity", "--objective", "copies", "--residency", "coherent", "--dispatch", "even", "--redundant", "8", "--max-imbalance", "1.02"],
            "affinity (copies) +8 slots ≤ 1.02 (even)"),
    ];
}
