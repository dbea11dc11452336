using System.Diagnostics;

namespace MoEPlace.Placement.Affinity;

/// <summary>
/// Simulated annealing over swaps of two experts inside a layer (Kirkpatrick, Gelatt and Vecchi 1983). Half of the proposals bring an
/// expert to the part of one that it exchanges many tokens with: among many parts few others are worth a try. Load beyond a limit is
/// priced, ever higher as it cools, so that the walk may pass through it.
/// </summary>
internal sealed class Annealing
{
    private const int LogTableBits = 12;
    private const int StopCheckEvery = 1 << 14;

    /// <summary>How many strong partners of each expert are known on each side; a power of two.</summary>
    private const int Partners = 8;
    private static readonly double[] LogTable = MakeLogTable();
    private readonly ChainProblem problem;
    private readonly int[] partStart;
    private readonly int[] members;
    private readonly int[] slotOf;
    private readonly int[] partners;
    private readonly bool limited;

    public Annealing(ChainProblem problem)
    {
        this.problem = problem;
        limited = problem.HasLoadLimit;
        partStart = new int[problem.Parts + 1];
        for (var part = 0; part < problem.Parts; part++)
            partStart[part + 1] = partStart[part] + problem.CapacityOf[part];
        members = new int[problem.Layers * problem.Experts];
        slotOf = new int[problem.Layers * problem.Experts];
        partners = problem.Layers > 1 ? StrongPartners() : [];
    }

    /// <summary>Cools a state from one temperature to another.</summary>
    /// <param name="state">Changed in place.</param>
    /// <param name="random">Where its randomness comes from.</param>
    /// <param name="effort">How long it walks.</param>
    /// <param name="hot">First temperature, in kept weight.</param>
    /// <param name="cold">Last temperature.</param>
    /// <param name="overloadPrice">Kept weight that one (token, expert) pair beyond a limit costs at the last temperature.</param>
    /// <param name="stop">Asked now and then; true ends the walk.</param>
    public void Run(ChainState state, SeedStream random, Effort effort, double hot, double cold, double overloadPrice, Func<bool> stop)
    {
        var (n, layers) = (problem.Experts, problem.Layers);
        if (problem.Parts == 1)
            return;
        ListMembers(state.PartOf);
        var partOf = state.PartOf;
        var watch = Stopwatch.StartNew();
        for (long tried = 0; tried < effort.Proposals && !stop(); tried += StopCheckEvery)
        {
            var done = (double)tried / effort.Proposals;
            if (double.IsFinite(effort.Seconds))
                done = Math.Max(done, watch.Elapsed.TotalSeconds / effort.Seconds);
            if (done >= 1)
                return;
            var temperature = hot * Math.Pow(cold / hot, done);
            var price = overloadPrice * Math.Sqrt(cold / temperature);
            for (var i = 0; i < StopCheckEvery; i++)
            {
                var bits = random.NextBits();
                var layer = (int)(((bits & 0xFFFF) * (uint)layers) >> 16);
                var a = (int)((((bits >> 16) & 0xFFFF) * (uint)n) >> 16);
                var b = (i & 1) == 0 || partners.Length == 0
                    ? (int)((((bits >> 32) & 0xFFFF) * (uint)n) >> 16)
                    : Beside(partOf, layer, a, (int)(bits >> 32) & 0xFFFF);
                var (p, q) = (partOf[layer * n + a], partOf[layer * n + b]);
                if (p == q)
                    continue;
                double gain = state.SwapGain(layer, a, b);
                if (limited)
                    gain -= price * OverloadChange(state, layer, a, b);
                if (gain < 0 && gain <= temperature * LogTable[bits >> (64 - LogTableBits)])
                    continue;
                state.Swap(layer, a, b);
                var (slotA, slotB) = (slotOf[layer * n + a], slotOf[layer * n + b]);
                (members[layer * n + slotA], members[layer * n + slotB]) = (b, a);
                (slotOf[layer * n + a], slotOf[layer * n + b]) = (slotB, slotA);
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

    /// <summary>An expert of the layer on the part of a strong partner of a given one.</summary>
    private int Beside(int[] partOf, int layer, int expert, int bits)
    {
        var n = problem.Experts;
        var side = layer == 0 ? 1 : layer == problem.Layers - 1 ? 0 : bits & 1;
        var partner = partners[((layer * n + expert) * 2 + side) * Partners + ((bits >> 1) & (Partners - 1))];
        var part = partOf[(layer + 2 * side - 1) * n + partner];
        var slot = partStart[part] + (((bits >> 4) * problem.CapacityOf[part]) >> 12);
        return members[layer * n + slot];
    }

    private void ListMembers(int[] partOf)
    {
        var n = problem.Experts;
        var next = new int[problem.Parts];
        for (var layer = 0; layer < problem.Layers; layer++)
        {
            partStart.AsSpan(0, next.Length).CopyTo(next);
            for (var e = 0; e < n; e++)
            {
                slotOf[layer * n + e] = next[partOf[layer * n + e]]++;
                members[layer * n + slotOf[layer * n + e]] = e;
            }
        }
    }

    /// <summary>[layers, experts, 2 sides, Partners] the experts of the layer before and of the next with the most transitions.</summary>
    private int[] StrongPartners()
    {
        var n = problem.Experts;
        var found = new int[problem.Layers * n * 2 * Partners];
        var (order, key) = (new int[n], new int[n]);
        for (var layer = 0; layer < problem.Layers; layer++)
        {
            for (var side = 0; side < 2; side++)
            {
                if (layer + 2 * side - 1 < 0 || layer + 2 * side - 1 >= problem.Layers)
                    continue;
                var square = side == 0 ? problem.Reversed[layer - 1] : problem.Transitions[layer];
                for (var e = 0; e < n; e++)
                {
                    for (var f = 0; f < n; f++)
                        (order[f], key[f]) = (f, -square[e * n + f]);
                    Array.Sort(key, order);
                    for (var i = 0; i < Partners; i++)
                        found[((layer * n + e) * 2 + side) * Partners + i] = order[i % n];
                }
            }
        }
        return found;
    }

    private long OverloadChange(ChainState state, int layer, int a, int b)
    {
        var (n, parts, limit) = (problem.Experts, problem.Parts, problem.LoadLimit[layer]);
        var load = state.PartLoad;
        var (p, q) = (state.PartOf[layer * n + a], state.PartOf[layer * n + b]);
        var (loadP, loadQ) = (load[layer * parts + p], load[layer * parts + q]);
        var shift = problem.Load[layer][b] - problem.Load[layer][a];
        return Math.Max(0, loadP + shift - limit[p]) + Math.Max(0, loadQ - shift - limit[q])
            - Math.Max(0, loadP - limit[p]) - Math.Max(0, loadQ - limit[q]);
    }

    private static double[] MakeLogTable()
    {
        var table = new double[1 << LogTableBits];
        for (var i = 0; i < table.Length; i++)
            table[i] = Math.Log((i + 0.5) / table.Length);
        return table;
    }
}
