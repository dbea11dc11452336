namespace MoEPlace;

/// <summary>A rank that differs from the others of its cluster.</summary>
/// <param name="Rank">0 to ranks - 1, each at most once.</param>
/// <param name="Speed">How fast it computes beside the cluster's device, 10^-6 to 10^6; 1 is as fast.</param>
/// <param name="MemoryBytes">Its device memory, above 0; null for that of the cluster's device.</param>
public sealed record UnequalRank(int Rank, double Speed = 1, long? MemoryBytes = null);
