using MoEPlace.Results;

namespace MoEPlace.Reports;

/// <summary>The measures of a placement: what each is called, means and counts in.</summary>
internal static class Measures
{
    /// <summary>One measure.</summary>
    /// <param name="Title">For people.</param>
    /// <param name="Key">As in the result file.</param>
    /// <param name="Of">Its value; null when unknown.</param>
    /// <param name="Show">For people.</param>
    /// <param name="Meaning">In one line.</param>
    internal sealed record Measure(
        string Title, string Key, Func<PlacementMeasures, object?> Of, Func<object?, string> Show, string Meaning);

    /// <summary>All measures, in the order of the summary. The lowest is the best in each.</summary>
    internal static Measure[] All { get; } =
    [
        new(
            "GPU crossing", "gpuCrossingFraction", m => m.GpuCrossingFraction, Percent,
            "Share of adjacent-layer pairs whose first-choice experts sit on different GPUs."),
        new(
            "node crossing", "nodeCrossingFraction", m => m.NodeCrossingFraction, Percent,
            "The same for nodes."),
        new(
            "GPU copies", "rankCopiesPerTokenLayer", m => m.RankCopiesPerTokenLayer, Ratio,
            "Copies of a hidden state to other GPUs, dispatch plus combine, mean over tokens and layers."),
        new(
            "node copies", "nodeCopiesPerTokenLayer", m => m.NodeCopiesPerTokenLayer, Ratio,
            "The same for nodes."),
        new(
            "dispatch", "dispatchBytes", m => m.DispatchBytes, Bytes,
            "Hidden states sent to other GPUs before the experts, over all judged tokens and layers."),
        new(
            "combine", "combineBytes", m => m.CombineBytes, Bytes,
            "Hidden states sent back after the experts."),
        new(
            "context", "contextBytes", m => m.ContextBytes, Bytes,
            "Keys and values gathered by all GPUs; 0 under home residency."),
        new(
            "between nodes", "interNodeBytes", m => m.InterNodeBytes, Bytes,
            "Of dispatch, combine and context, what goes to GPUs of other nodes."),
        new(
            "imbalance, mean", "imbalanceMean", m => m.ImbalanceMean, Ratio,
            "Load of the busiest GPU over the mean of all, mean over layers and windows of tokens; 1 is even."),
        new(
            "imbalance, P95", "imbalanceP95", m => m.ImbalanceP95, Ratio,
            "The same, 95th percentile."),
        new(
            "imbalance, max", "imbalanceMax", m => m.ImbalanceMax, Ratio,
            "The same, in the worst layer and window."),
        new(
            "step", "stepSeconds", m => m.StepSeconds, v => Quantity.Seconds((double?)v),
            "Modelled time of one step of all layers."),
        new(
            "memory per GPU", "memoryBytesPerRank", m => m.MemoryBytesPerRank, Bytes,
            "The fullest GPU: weights, replicas and key-value cache."),
        new(
            "migration", "migrationBytes", m => m.MigrationBytes, Bytes,
            "Expert weights that must travel from the placement in use; unknown when none was given."),
    ];

    private static string Percent(object? value) => Quantity.Percent((double?)value);

    private static string Ratio(object? value) => Quantity.Ratio((double?)value);

    private static string Bytes(object? value) => Quantity.Bytes((long?)value);
}
