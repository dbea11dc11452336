namespace MoEPlace.Placement.Affinity;

/// <summary>Divides one layer anew with its neighbours fixed: an assignment of experts to places, solved exactly.</summary>
internal sealed class LayerAssignment
{
    /// <summary>More than any weight, and small enough that a sum of them is a cost still.</summary>
    private const long Forbidden = LinearAssignment.MaxCost;
    private readonly ChainProblem problem;
    private readonly LinearAssignment assignment;
    private readonly long[] cost;
    private readonly int[] place;
    private readonly int[] partOfPlace;

    /// <param name="problem">The chain.</param>
    public LayerAssignment(ChainProblem problem)
    {
        this.problem = problem;
        assignment = new LinearAssignment(problem.Experts);
        cost = new long[problem.Experts * problem.Experts];
        place = new int[problem.Experts];
        partOfPlace = BalancedDivision.InOrder(1, problem.CapacityOf);
    }

    /// <summary>Solves each layer that has neither a load limit nor weights inside it once; returns the kept weight that was won.</summary>
    /// <param name="state">Changed in place.</param>
    /// <param name="stop">True ends the sweep after the layer that is being solved.</param>
    public long Sweep(ChainState state, Func<bool> stop)
    {
        var before = state.Kept;
        for (var layer = 0; problem.Together is null && layer < problem.Layers && !stop(); layer++)
            if (!ChainProblem.IsLimited(problem.LoadLimit[layer]))
                Solve(state, layer);
        return state.Kept - before;
    }

    /// <summary>
    /// Brings every layer under its limit: by swaps that lose least, else (or when time is up) by the balanced division whose parts fit
    /// best.
    /// </summary>
    /// <param name="state">Changed in place.</param>
    /// <param name="balanced">[layers, experts] a division that holds all limits.</param>
    /// <param name="stop">True when time is up.</param>
    public void Repair(ChainState state, ReadOnlySpan<int> balanced, Func<bool> stop)
    {
        for (var layer = 0; layer < problem.Layers; layer++)
            if (!SwapUnderLimit(state, layer, stop))
                TakeGroups(state, layer, balanced.Slice(layer * problem.Experts, problem.Experts));
    }

    /// <summary>Swaps experts of a layer until it holds its limit, losing least; false where no swap helps or time is up.</summary>
    public bool SwapUnderLimit(ChainState state, int layer, Func<bool> stop)
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
                if (partLoad[p] <= limit[p])
                    continue;
                any = true;
                for (var b = 0; b < n; b++)
                {
                    var (q, shift) = (state.PartOf[layer * n + b], load[a] - load[b]);
                    if (q == p || shift <= 0)
                        continue;
                    var change = Over(partLoad[p] - shift, p) + Over(partLoad[q] + shift, q) - Over(partLoad[p], p) - Over(partLoad[q], q);
                    if (change > bestOver || change == 0)
                        continue;
                    var gain = state.SwapGain(layer, a, b);
                    if (change < bestOver || gain > bestGain)
                        (bestOver, bestGain, bestA, bestB) = (change, gain, a, b);
                }
            }
            if (!any)
                return true;
            if (bestA < 0 || stop())
                return false;
            state.Swap(layer, bestA, bestB);
        }

        long Over(long value, int part) => Math.Max(0, value - limit[part]);
    }

    private void Solve(ChainState state, int layer)
    {
        var n = problem.Experts;
        for (var e = 0; e < n; e++)
        {
            var row = cost.AsSpan(e * n, n);
            for (var p = 0; p < n; p++)
                row[p] = p > 0 && partOfPlace[p] == partOfPlace[p - 1] ? row[p - 1] : -state.Affinity(layer, e, partOfPlace[p]);
        }
        assignment.Minimize(cost, place);
        var won = 0L;
        for (var e = 0; e < n; e++)
            won += state.Affinity(layer, e, partOfPlace[place[e]]) - state.Affinity(layer, e, state.PartOf[layer * n + e]);
        for (var e = 0; won > 0 && e < n; e++)
            state.Move(layer, e, partOfPlace[place[e]]);
    }

    /// <summary>Gives the groups of a division that holds the limits to the parts that have room for them, where they keep most.</summary>
    private void TakeGroups(ChainState state, int layer, ReadOnlySpan<int> group)
    {
        var (n, parts) = (problem.Experts, problem.Parts);
        var fit = new long[parts * parts];
        var groupLoad = new long[parts];
        for (var e = 0; e < n; e++)
        {
            groupLoad[group[e]] += problem.Load[layer][e];
            for (var part = 0; part < parts; part++)
                fit[group[e] * parts + part] -= state.Affinity(layer, e, part);
        }
        for (var g = 0; g < parts; g++)
            for (var part = 0; part < parts; part++)
                if (problem.CapacityOf[g] != problem.CapacityOf[part] || groupLoad[g] > problem.LoadLimit[layer][part])
                    fit[g * parts + part] = Forbidden;
        var partOfGroup = new int[parts];
        LinearAssignment.Solve(fit, parts, partOfGroup);
        for (var e = 0; e < n; e++)
            state.Move(layer, e, partOfGroup[group[e]]);
    }
}
