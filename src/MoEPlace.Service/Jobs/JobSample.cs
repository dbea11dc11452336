namespace MoEPlace.Service.Jobs;

/// <summary>A point of a job's history: about one a second, the last 900 are kept in memory.</summary>
/// <param name="At">When.</param>
/// <param name="Epoch">The epoch in force.</param>
/// <param name="StepSeconds">Median of the decode steps since the point before; null without any.</param>
/// <param name="PromisedSeconds">What was promised for the epoch; null without.</param>
/// <param name="GpuCrossing">Crossing of ranks among the tokens since; null without.</param>
/// <param name="NodeCrossing">Crossing of nodes.</param>
/// <param name="LoadDrift"><see cref="Drift.DriftReading.Load"/>.</param>
/// <param name="AffinityDrift"><see cref="Drift.DriftReading.Affinity"/>.</param>
/// <param name="Tokens">Tokens so far.</param>
/// <param name="RankCopies"><see cref="Routing.RoutingMeasures.RankCopies"/> of the tokens since.</param>
/// <param name="NodeCopies"><see cref="Routing.RoutingMeasures.NodeCopies"/> of the tokens since.</param>
public sealed record JobSample(
    DateTimeOffset At, int Epoch, double? StepSeconds, double? PromisedSeconds, double? GpuCrossing, double? NodeCrossing, double LoadDrift,
    double AffinityDrift, long Tokens, double? RankCopies = null, double? NodeCopies = null);
