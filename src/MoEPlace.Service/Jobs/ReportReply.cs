namespace MoEPlace.Service.Jobs;

/// <summary>What the service answers a report.</summary>
/// <param name="Wish">What shall be in force; null where nothing is wished.</param>
public sealed record ReportReply(JobWish? Wish);
