namespace MoEPlace.Evaluation;

/// <summary>How unevenly the ranks are loaded, over layers and windows: busiest rank / mean of all ranks, 1 is even.</summary>
/// <param name="Mean">Mean.</param>
/// <param name="P95">95th percentile by nearest rank.</param>
/// <param name="Max">Maximum.</param>
public readonly record struct ImbalanceSummary(double Mean, double P95, double Max);
