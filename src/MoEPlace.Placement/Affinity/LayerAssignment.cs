namespace MoEPlace.Placement.Affinity;

/// <summary>Divides one layer anew with its neighbours fixed: an assignment of experts to places, solved exactly.</summary>
/// <param name="problem">The chain.</param>
internal sealed class LayerAssignment(ChainProblem problem)
{
    private readonly LinearAssignment assignment = new(problem.Experts);
    private readonly long[] cost = new long[problem.Experts * problem.Experts];
    private readonly int[] place = new int[problem.Experts];

    /// <summary>Solves each layer that has neither a load limit nor weights inside it once; returns the kept weight that was won.</summary>
    /// <param name="state">Changed in place.</param>
    /// <param name="stop">True ends the sweep after the layer that is being solved.</param>
    public long Sweep(ChainState state, Func<bool> stop)
    {
        var before = state.Kept;
        for (var layer = 0; problem.Together is null && layer < problem.Layers && !stop(); layer++)
            if (problem.LoadLimit[layer] == long.MaxValue)
                Solve(state, layer);
        return state.Kept - before;
    }

    /// <summary>Brings every layer under its limit: by swaps that lose least, else by the balanced division whose parts fit best.</summary>
    /// <param name="state">Changed in place.</param>
    /// <param name="balanced">[layers, experts] a division that holds all limits.</param>
    public void Repair(ChainState state, ReadOnlySpan<int> balanced)
    {
        for (var layer = 0; layer < problem.Layers; layer++)
            if (!SwapUnderLimit(state, layer))
                TakeGroups(state, layer, balanced.Slice(layer * problem.Experts, problem.Experts));
    }

    private void Solve(ChainState state, int layer)
    {
        var (n, parts, capacity) = (problem.Experts, problem.Parts, problem.Capacity);
        for (var e = 0; e < n; e++)
            for (var p = 0; p < n; p++)
                cost[e * n + p] = -state.Affinity[(layer * n + e) * parts + p / capacity];
        assignment.Minimize(cost, place);
        var won = 0L;
        for (var e = 0; e < n; e++)
        {
            var at = (layer * n + e) * parts;
            won += state.Affinity[at + place[e] / capacity] - state.Affinity[at + state.PartOf[layer * n + e]];
        }
        for (var e = 0; won > 0 && e < n; e++)
            state.Move(layer, e, place[e] / capacity);
    }

    private bool SwapUnderLimit(ChainState state, int layer)
    {
        var (n, parts, limit) = (problem.Experts, problem.Parts, problem.LoadLimit[layer]);
        var load = problem.Load[layer];
        while (true)
        {
            var partLoad = state.PartLoad.AsSpan(layer * parts, parts);
            var (bestOver, bestGain, bestA, bestB) = (0L, 0L, -1, -1);
            var any = false;
            for (var a = 0; a < n; a++)
            {
                var p = state.PartOf[layer * n + a];
                if (partLoad[p] <= limit)
                    continue;
                any = true;
                for (var b = 0; b < n; b++)
                {
                    var (q, shift) = (state.PartOf[layer * n + b], load[a] - load[b]);
                    if (q == p || shift <= 0)
                        continue;
                    var change = Over(partLoad[p] - shift) + Over(partLoad[q] + shift) - Over(partLoad[p]) - Over(partLoad[q]);
                    var gain = state.SwapGain(layer, a, b);
                    if (change < bestOver || (change == bestOver && change < 0 && gain > bestGain))
                        (bestOver, bestGain, bestA, bestB) = (change, gain, a, b);
                }
            }
            if (!any)
                return true;
            if (bestA < 0)
                return false;
            state.Swap(layer, bestA, bestB);
        }

        long Over(long value) => Math.Max(0, value - limit);
    }

    private void TakeGroups(ChainState state, int layer, ReadOnlySpan<int> group)
    {
        var (n, parts) = (problem.Experts, problem.Parts);
        var fit = new long[parts * parts];
        for (var e = 0; e < n; e++)
            for (var part = 0; part < parts; part++)
                fit[group[e] * parts + part] -= state.Affinity[(layer * n + e) * parts + part];
        var partOfGroup = new int[parts];
        LinearAssignment.Solve(fit, parts, partOfGroup);
        for (var e = 0; e < n; e++)
            state.Move(layer, e, partOfGroup[group[e]]);
    }
}
