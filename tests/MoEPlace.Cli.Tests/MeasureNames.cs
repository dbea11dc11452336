namespace MoEPlace.Cli.Tests;

/// <summary>What programs find in <c>--json</c>: written out, so that a renamed property is noticed.</summary>
internal static class MeasureNames
{
    internal static readonly string[] Measures =
    [
        "tokens", "gpuCrossingFraction", "nodeCrossingFraction", "rankCopiesPerTokenLayer", "nodeCopiesPerTokenLayer", "dispatchBytes",
        "combineBytes", "contextBytes", "imbalanceMean", "imbalanceP95", "imbalanceMax", "stepSeconds", "memoryBytesPerRank",
        "migrationBytes", "interNodeBytes",
    ];

    internal static readonly string[] Solve =
    [
        "policy", "status", "objectiveName", "objective", "bound", "gap", "seconds", "iterations", "stopReason", "relaxedLayers", "seed",
        "maxImbalance", "residency", "split", "cluster", "placement",
    ];
}
