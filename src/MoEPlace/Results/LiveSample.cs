namespace MoEPlace.Results;

/// <summary>A second of a job that was watched.</summary>
/// <param name="Seconds">Since the watching began.</param>
/// <param name="Epoch">The epoch in force.</param>
/// <param name="StepSeconds">Median of the decode steps of that second; null without any.</param>
/// <param name="PromisedSeconds">What was promised of them; null where nothing was.</param>
/// <param name="RankCopies">Hidden states that went to other ranks, for each token and layer; null where no tokens came.</param>
/// <param name="NodeCopies">Of these, those that went to another node.</param>
/// <param name="GpuCrossing">Share of adjacent-layer pairs whose top-1 experts sit on different ranks.</param>
/// <param name="NodeCrossing">The same for nodes.</param>
/// <param name="LoadDrift">How unlike the load of experts is, as a multiple of what raises an alarm.</param>
/// <param name="AffinityDrift">The same for which expert follows which.</param>
/// <param name="Tokens">Tokens so far.</param>
public sealed record LiveSample(
    double Seconds, int Epoch, double? StepSeconds, double? PromisedSeconds, double? RankCopies, double? NodeCopies, double? GpuCrossing,
    double? NodeCrossing, double LoadDrift, double AffinityDrift, long Tokens);
