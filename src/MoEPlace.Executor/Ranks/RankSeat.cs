using System.Collections.Immutable;

namespace MoEPlace.Executor.Ranks;

/// <summary>Where a launched rank runs.</summary>
/// <param name="Before">
/// Words before the program, which put it there: <c>ip netns exec NAME taskset -c CORES</c>; their process must become the program's.
/// </param>
/// <param name="LocalRank">Its number among the ranks of its node.</param>
/// <param name="LocalSize">Ranks of its node.</param>
/// <param name="Cores">Cores that the ranks of its node share, 1 or more.</param>
public sealed record RankSeat(ImmutableArray<string> Before, int LocalRank, int LocalSize, int Cores);
