namespace MoEPlace.Placement.Affinity;

/// <summary>
/// Simulated annealing over swaps of two experts inside a layer (Kirkpatrick, Gelatt and Vecchi 1983). Load beyond a limit is
/// priced, ever higher as it cools, so that the walk may pass through it.
/// </summary>
internal static class Annealing
{
    private const int LogTableBits = 12;
    private const int StopCheckEvery = 1 << 14;
    private static readonly double[] LogTable = MakeLogTable();

    /// <summary>Cools a state from one temperature to another.</summary>
    /// <param name="problem">The chain.</param>
    /// <param name="state">Changed in place.</param>
    /// <param name="random">Where its randomness comes from.</param>
    /// <param name="proposals">Swaps that are tried.</param>
    /// <param name="hot">First temperature, in kept weight.</param>
    /// <param name="cold">Last temperature.</param>
    /// <param name="overloadPrice">Kept weight that one (token, expert) pair beyond a limit costs at the last temperature.</param>
    /// <param name="stop">Asked now and then; true ends the walk.</param>
    public static void Run(
        ChainProblem problem, ChainState state, SeedStream random, long proposals, double hot, double cold, double overloadPrice, Func<bool> stop)
    {
        var (n, parts, layers) = (problem.Experts, problem.Parts, problem.Layers);
        if (parts == 1)
            return;
        var limited = problem.HasLoadLimit;
        var cooling = Math.Pow(cold / hot, (double)StopCheckEvery / Math.Max(StopCheckEvery, proposals));
        var temperature = hot;
        var partOf = state.PartOf;
        for (long done = 0; done < proposals; done += StopCheckEvery, temperature *= cooling)
        {
            if (stop())
                return;
            var price = overloadPrice * Math.Sqrt(cold / temperature);
            for (var i = 0; i < StopCheckEvery; i++)
            {
                var bits = random.NextBits();
                var layer = (int)(((bits & 0xFFFF) * (uint)layers) >> 16);
                var a = (int)((((bits >> 16) & 0xFFFF) * (uint)n) >> 16);
                var b = (int)((((bits >> 32) & 0xFFFF) * (uint)n) >> 16);
                if (partOf[layer * n + a] == partOf[layer * n + b])
                    continue;
                double gain = state.SwapGain(layer, a, b);
                if (limited)
                    gain -= price * OverloadChange(problem, state, layer, a, b);
                if (gain >= 0 || gain > temperature * LogTable[bits >> (64 - LogTableBits)])
                    state.Swap(layer, a, b);
            }
        }
    }

    /// <summary>Mean absolute change of kept weight over random swaps: the scale that temperatures are measured in.</summary>
    public static double SwapScale(ChainProblem problem, ChainState state, SeedStream random)
    {
        const int Samples = 2000;
        var sum = 0.0;
        for (var i = 0; i < Samples; i++)
            sum += Math.Abs(state.SwapGain(random.Next(problem.Layers), random.Next(problem.Experts), random.Next(problem.Experts)));
        return Math.Max(1, sum / Samples);
    }

    private static long OverloadChange(ChainProblem problem, ChainState state, int layer, int a, int b)
    {
        var (n, parts, limit) = (problem.Experts, problem.Parts, problem.LoadLimit[layer]);
        var load = state.PartLoad;
        var (p, q) = (layer * parts + state.PartOf[layer * n + a], layer * parts + state.PartOf[layer * n + b]);
        var shift = problem.Load[layer][b] - problem.Load[layer][a];
        return Math.Max(0, load[p] + shift - limit) + Math.Max(0, load[q] - shift - limit)
            - Math.Max(0, load[p] - limit) - Math.Max(0, load[q] - limit);
    }

    private static double[] MakeLogTable()
    {
        var table = new double[1 << LogTableBits];
        for (var i = 0; i < table.Length; i++)
            table[i] = Math.Log((i + 0.5) / table.Length);
        return table;
    }
}
