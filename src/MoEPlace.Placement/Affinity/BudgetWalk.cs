namespace MoEPlace.Placement.Affinity;

/// <summary>
/// The end of a migration search: divisions near the limit, improved without ever exceeding it. A price on moves finds only what is best
/// for some price; between those lies what only the limit itself tells apart.
/// </summary>
/// <param name="problem">The chain, with the homes of its experts.</param>
/// <param name="mostMoves">Experts that may be away from home.</param>
/// <param name="front">Receives what is found.</param>
internal sealed class BudgetWalk(ChainProblem problem, long mostMoves, MigrationFront front)
{
    private const int StopCheckEvery = 1 << 12;
    private const double Cold = 0.02;

    /// <summary>A swap that costs no move counts as this much of one.</summary>
    private const double AlmostFree = 0.01;

    /// <summary>Anneals within the limit (Kirkpatrick, Gelatt and Vecchi 1983), then fills what is left of it.</summary>
    /// <param name="state">A division within the limit; changed in place.</param>
    /// <param name="random">Where its randomness comes from.</param>
    /// <param name="proposals">Swaps that are tried.</param>
    /// <param name="hot">First temperature, in kept weight.</param>
    /// <param name="scale">Mean change of a random swap.</param>
    /// <param name="stop">True ends the walk.</param>
    public void Anneal(ChainState state, SeedStream random, long proposals, double hot, double scale, Func<bool> stop)
    {
        var n = problem.Experts;
        var moves = front.Moves(state.PartOf);
        var temperature = hot;
        var cooling = Math.Pow(Cold * scale / hot, (double)StopCheckEvery / Math.Max(StopCheckEvery, proposals));
        for (var done = 0L; done < proposals && !stop(); done += StopCheckEvery, temperature *= cooling)
        {
            for (var i = 0; i < StopCheckEvery; i++)
            {
                var (layer, a, b) = (random.Next(problem.Layers), random.Next(n), random.Next(n));
                if (state.PartOf[layer * n + a] == state.PartOf[layer * n + b])
                    continue;
                var added = MovesOfSwap(state, layer, a, b);
                if (moves + added > mostMoves || !Holds(state, layer, a, b))
                    continue;
                var gain = state.SwapGain(layer, a, b);
                if (gain < 0 && random.NextDouble() >= Math.Exp(gain / temperature))
                    continue;
                state.Swap(layer, a, b);
                moves += added;
            }
        }
        Fill(state, stop);
    }

    /// <summary>Makes the swap that gains most for each move until none gains within the limit.</summary>
    /// <param name="state">A division within the limit; changed in place.</param>
    /// <param name="stop">True ends it.</param>
    public void Fill(ChainState state, Func<bool> stop)
    {
        var (n, left) = (problem.Experts, mostMoves - front.Moves(state.PartOf));
        while (true)
        {
            front.Add(state.PartOf, state.Kept);
            var (bestRate, bestLayer, bestA, bestB, bestMoves) = (0.0, -1, -1, -1, 0);
            for (var layer = 0; layer < problem.Layers && !stop(); layer++)
            {
                for (var a = 0; a < n; a++)
                {
                    for (var b = 0; b < a; b++)
                    {
                        if (state.PartOf[layer * n + a] == state.PartOf[layer * n + b])
                            continue;
                        var gain = state.SwapGain(layer, a, b);
                        if (gain <= 0)
                            continue;
                        var moves = MovesOfSwap(state, layer, a, b);
                        var rate = gain / Math.Max(AlmostFree, moves);
                        if (moves <= left && rate > bestRate && Holds(state, layer, a, b))
                            (bestRate, bestLayer, bestA, bestB, bestMoves) = (rate, layer, a, b, moves);
                    }
                }
            }
            if (bestLayer < 0)
                return;
            state.Swap(bestLayer, bestA, bestB);
            left -= bestMoves;
        }
    }

    private int MovesOfSwap(ChainState state, int layer, int a, int b)
    {
        var (home, n) = (problem.HomeOf!, problem.Experts);
        var (p, q) = (state.PartOf[layer * n + a], state.PartOf[layer * n + b]);
        var (homeA, homeB) = (home[layer * n + a], home[layer * n + b]);
        return (homeA == p ? 1 : 0) - (homeA == q ? 1 : 0) + (homeB == q ? 1 : 0) - (homeB == p ? 1 : 0);
    }

    private bool Holds(ChainState state, int layer, int a, int b)
    {
        var (n, parts) = (problem.Experts, problem.Parts);
        var (p, q) = (state.PartOf[layer * n + a], state.PartOf[layer * n + b]);
        var shift = problem.Load[layer][b] - problem.Load[layer][a];
        return state.PartLoad[layer * parts + p] + shift <= problem.LoadLimit[layer][p]
            && state.PartLoad[layer * parts + q] - shift <= problem.LoadLimit[layer][q];
    }
}
