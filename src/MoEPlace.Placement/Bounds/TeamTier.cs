using MoEPlace.Placement.Affinity;

namespace MoEPlace.Placement.Bounds;

/// <summary>
/// The team bounds of all pairs of adjacent layers. Pairs of experts come first, from both sides; then larger teams go on at their prices,
/// a few steps at a time, so that whatever time there is goes to all pairs of layers alike.
/// </summary>
internal static class TeamTier
{
    /// <summary>More teams of a layer than this are not enumerated.</summary>
    private const int MostTeams = 45_000;
    private const int LargestTeam = 4;
    private const int PairSteps = 150;
    private const int StepsPerRound = 20;
    private const int MostRounds = 12;

    /// <summary>Whether there are teams that know more than single experts do.</summary>
    /// <param name="experts">Experts of a layer.</param>
    /// <param name="capacity">Those of each part.</param>
    public static bool CanBound(int experts, int capacity) => capacity > 2 && experts <= 256 && SubsetList.CountOf(experts, 2) <= MostTeams;

    /// <summary>Tightens the bound.</summary>
    /// <param name="chain">The layers, of equal parts; <see cref="CanBound"/> must hold.</param>
    /// <param name="kept">[layers - 1] an upper bound on what each pair of layers keeps; lowered.</param>
    /// <param name="mostRounds">Limit in rounds.</param>
    /// <param name="stop">Asked between steps.</param>
    /// <param name="found">Told after every round.</param>
    public static void Tighten(ChainProblem chain, double[] kept, int mostRounds, Func<bool> stop, Action found)
    {
        var (n, capacity) = (chain.Experts, chain.MostCapacity);
        var none = new long[n];
        var pairs = SubsetList.Of(none, 2, long.MaxValue);
        var size = 2;
        while (size < Math.Min(LargestTeam, capacity - 1) && SubsetList.CountOf(n, size + 1) <= MostTeams)
            size++;
        var larger = size == 2 ? pairs : SubsetList.Of(none, size, long.MaxValue);
        var bounds = new TeamBound[kept.Length];
        for (var round = 0; round < Math.Min(mostRounds, MostRounds) && !stop(); round++)
        {
            var first = round == 0;
            Parallel.For(0, kept.Length, link =>
            {
                if (first)
                    bounds[link] = Begin(chain, link, pairs, larger, kept, stop);
                else
                    bounds[link].Run(StepsPerRound, stop);
                kept[link] = Math.Min(kept[link], bounds[link].Kept);
            });
            found();
        }
    }

    private static TeamBound Begin(ChainProblem chain, int link, SubsetList pairs, SubsetList larger, double[] kept, Func<bool> stop)
    {
        var (n, capacity) = (chain.Experts, chain.MostCapacity);
        var sides = new[] { chain.Transitions[link], chain.Reversed[link] };
        var both = Array.ConvertAll(sides, side =>
        {
            var bound = new TeamBound(side, n, capacity, pairs);
            bound.Run(PairSteps, stop);
            kept[link] = Math.Min(kept[link], bound.Kept);
            return bound;
        });
        var better = both[0].Kept <= both[1].Kept ? 0 : 1;
        if (larger == pairs)
            return both[better];
        var next = new TeamBound(sides[better], n, capacity, larger);
        next.Begin(both[better].BoxPrices, both[better].TeamPrices);
        return next;
    }
}
