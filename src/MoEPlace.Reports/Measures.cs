using MoEPlace.Results;

namespace MoEPlace.Reports;

/// <summary>The measures of a placement: what each is called, means and counts in.</summary>
internal static class Measures
{
    /// <summary>One measure.</summary>
    /// <param name="Title">For people.</param>
    /// <param name="Key">As in the result file.</param>
    /// <param name="Meaning">In one line.</param>
    /// <param name="Of">Its value; null when unknown.</param>
    /// <param name="Show">For people.</param>
    internal sealed record Measure(string Title, string Key, string Meaning, Func<PlacementMeasures, object?> Of, Func<object?, string> Show);

    /// <summary>All measures, in the order of the summary. The lowest is the best in each.</summary>
    internal static Measure[] All { get; } =
    [
        new("GPU crossing", "gpuCrossingFraction", "Share of adjacent-layer pairs whose first-choice experts sit on different GPUs.", m => m.GpuCrossingFraction, Percent),
        new("node crossing", "nodeCrossingFraction", "The same for nodes.", m => m.NodeCrossingFraction, Percent),
        new("GPU copies", "rankCopiesPerTokenLayer", "Copies of a hidden state to other GPUs, dispatch plus combine, mean over tokens and layers.", m => m.RankCopiesPerTokenLayer, Ratio),
        new("node copies", "nodeCopiesPerTokenLayer", "The same for nodes.", m => m.NodeCopiesPerTokenLayer, Ratio),
        new("dispatch", "dispatchBytes", "Hidden states sent to other GPUs before the experts, over all judged tokens and layers.", m => m.DispatchBytes, Bytes),
        new("combine", "combineBytes", "Hidden states sent back after the experts.", m => m.CombineBytes, Bytes),
        new("context", "contextBytes", "Keys and values gathered by all GPUs; 0 under home residency.", m => m.ContextBytes, Bytes),
        new("imbalance, mean", "imbalanceMean", "Load of the busiest GPU over the mean of all, mean over layers and windows of tokens; 1 is even.", m => m.ImbalanceMean, Ratio),
        new("imbalance, P95", "imbalanceP95", "The same, 95th percentile.", m => m.ImbalanceP95, Ratio),
        new("imbalance, max", "imbalanceMax", "The same, in the worst layer and window.", m => m.ImbalanceMax, Ratio),
        new("step", "stepSeconds", "Modelled time of one step of all layers.", m => m.StepSeconds, v => Quantity.Seconds((double?)v)),
        new("memory per GPU", "memoryBytesPerRank", "The fullest GPU: weights, replicas and key-value cache.", m => m.MemoryBytesPerRank, Bytes),
        new("migration", "migrationBytes", "Expert weights that must travel from the placement in use; unknown when none was given.", m => m.MigrationBytes, Bytes),
    ];

    private static string Percent(object? value) => Quantity.Percent((double?)value);

    private static string Ratio(object? value) => Quantity.Ratio((double?)value);

    private static string Bytes(object? value) => Quantity.Bytes((long?)value);
}
