using System.Collections.Immutable;

namespace MoEPlace.Placement.Affinity;

/// <summary>
/// Where a migration begins: the placement in force, with the moves that must be made whatever they cost (from ranks that hold more than
/// they may), and those that bring layers under their load limit as far as the budget goes.
/// </summary>
internal sealed class MigrationStart
{
    private MigrationStart(int[] homeOf, int[] partOf, long[][] most, ImmutableArray<int> relaxedLayers)
    {
        HomeOf = homeOf;
        PartOf = partOf;
        Most = most;
        RelaxedLayers = relaxedLayers;
    }

    /// <summary>[layers, experts] the rank that each expert is on now.</summary>
    public int[] HomeOf { get; }

    /// <summary>[layers, experts] a division within the budget, and within <see cref="Most"/>.</summary>
    public int[] PartOf { get; }

    /// <summary>[layers][ranks] the load limits, widened where the budget does not pay for keeping them.</summary>
    public long[][] Most { get; }

    /// <summary>Layers whose limit cannot be kept, by load alone or within the budget.</summary>
    public ImmutableArray<int> RelaxedLayers { get; }

    /// <summary>Finds the start.</summary>
    /// <param name="problem">A problem with a placement in force.</param>
    /// <param name="chain">Its chain.</param>
    /// <param name="limit">Its load limits.</param>
    /// <param name="mostMoves">What the budget pays for.</param>
    /// <exception cref="InputException">The moves that must be made exceed the budget.</exception>
    public static MigrationStart Of(PlacementProblem problem, ChainProblem chain, LoadLimit limit, long mostMoves)
    {
        var n = chain.Experts;
        var homeOf = new int[chain.Layers * n];
        for (var layer = 0; layer < chain.Layers; layer++)
            for (var e = 0; e < n; e++)
                homeOf[layer * n + e] = problem.Current!.RanksOf(new LayerId(layer), new ExpertId(e))[0];
        var partOf = Fit(chain, homeOf);
        var spent = new MigrationFront(homeOf).Moves(partOf);
        if (spent > mostMoves)
            throw new InputException(
                "place", "--migration-budget", problem.MigrationBudgetBytes,
                $"at least {spent} experts' weights: so many stand on ranks that may not hold them");
        long[][] most = [.. limit.Most.Select(m => m.ToArray())];
        var relaxed = new SortedSet<int>(limit.RelaxedLayers);
        var state = new ChainState(chain, partOf);
        var assignment = new LayerAssignment(chain);
        for (var layer = 0; layer < chain.Layers; layer++)
        {
            // Two moves a swap: what the repair of a layer costs is known once it is made.
            var row = state.PartOf.AsSpan(layer * n, n).ToArray();
            var held = assignment.SwapUnderLimit(state, layer, () => false);
            var moves = new MigrationFront(homeOf).Moves(state.PartOf);
            if (held && moves <= mostMoves)
                continue;
            for (var e = 0; e < n; e++)
                state.Move(layer, e, row[e]);
            relaxed.Add(layer);
            for (var part = 0; part < chain.Parts; part++)
                most[layer][part] = Math.Max(most[layer][part], state.PartLoad[layer * chain.Parts + part]);
        }
        return new MigrationStart(homeOf, state.PartOf.ToArray(), most, [.. relaxed]);
    }

    /// <summary>The nearest division that fits the capacities: as many experts as can stay do.</summary>
    private static int[] Fit(ChainProblem chain, int[] homeOf)
    {
        var n = chain.Experts;
        var partOf = new int[homeOf.Length];
        var held = new int[chain.Parts];
        for (var layer = 0; layer < chain.Layers; layer++)
        {
            Array.Clear(held);
            var left = new List<int>();
            foreach (var e in Enumerable.Range(0, n).OrderByDescending(e => chain.Load[layer][e]).ThenBy(e => e))
            {
                var home = homeOf[layer * n + e];
                partOf[layer * n + e] = home;
                if (held[home]++ >= chain.CapacityOf[home])
                    left.Add(layer * n + e);
            }
            for (var part = 0; part < held.Length; part++)
                held[part] = Math.Min(held[part], chain.CapacityOf[part]);
            foreach (var cell in left)
            {
                // On its own node where there is room.
                var part = Enumerable.Range(0, chain.Parts).Where(p => held[p] < chain.CapacityOf[p])
                    .OrderBy(p => chain.NodeOf[p] == chain.NodeOf[homeOf[cell]] ? 0 : 1).ThenBy(p => p).First();
                partOf[cell] = part;
                held[part]++;
            }
        }
        return partOf;
    }
}
