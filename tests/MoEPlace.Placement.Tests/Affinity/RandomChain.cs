using MoEPlace.Placement.Affinity;

namespace MoEPlace.Placement.Tests.Affinity;

/// <summary>Small random chains, and the slow answers that the fast code is held against.</summary>
internal static class RandomChain
{
    public static ChainProblem Draw(SeedStream random, int layers, int experts, int parts, int nodes, bool together, double? limit = null, int[]? capacityOf = null)
    {
        capacityOf ??= [.. Enumerable.Repeat(experts / parts, parts)];
        var load = Enumerable.Range(0, layers).Select(_ => Numbers(experts, 100, 1)).ToArray();
        return new ChainProblem
        {
            Layers = layers,
            Experts = experts,
            CapacityOf = capacityOf,
            Transitions = [.. Enumerable.Range(0, layers - 1).Select(_ => Numbers(experts * experts, 30, 0))],
            Together = together ? [.. Enumerable.Range(0, layers).Select(_ => Symmetric())] : null,
            Load = [.. load.Select(l => l.Select(v => (long)v).ToArray())],
            LoadLimit = [.. load.Select(l => Enumerable.Repeat(limit is { } m ? (long)(m * l.Sum() / parts) : long.MaxValue, parts).ToArray())],
            NodeOf = [.. Enumerable.Range(0, parts).Select(p => p / (parts / nodes))],
            RankWeight = 3,
            NodeWeight = nodes > 1 ? 7 : 0,
        };

        int[] Numbers(int count, int below, int least) => [.. Enumerable.Range(0, count).Select(_ => least + random.Next(below))];

        int[] Symmetric()
        {
            var square = new int[experts * experts];
            for (var a = 0; a < experts; a++)
                for (var b = 0; b < a; b++)
                    square[a * experts + b] = square[b * experts + a] = random.Next(20);
            return square;
        }
    }

    public static int[] Division(SeedStream random, ChainProblem problem)
    {
        var partOf = new int[problem.Layers * problem.Experts];
        for (var layer = 0; layer < problem.Layers; layer++)
        {
            var row = partOf.AsSpan(layer * problem.Experts, problem.Experts);
            BalancedDivision.InOrder(1, problem.CapacityOf).CopyTo(row);
            random.Shuffle(row);
        }
        return partOf;
    }

    /// <summary>All divisions of all layers.</summary>
    public static IEnumerable<int[]> Divisions(ChainProblem problem)
    {
        var rows = LayerDivisions(problem.CapacityOf);
        IEnumerable<int[]> all = [[]];
        for (var layer = 0; layer < problem.Layers; layer++)
            all = all.SelectMany(start => rows.Select(row => (int[])[.. start, .. row]));
        return all;
    }

    /// <summary>All divisions of one layer's experts over equal parts.</summary>
    public static List<int[]> LayerDivisions(int experts, int parts) => LayerDivisions([.. Enumerable.Repeat(experts / parts, parts)]);

    /// <summary>All divisions of one layer's experts over parts of given sizes.</summary>
    public static List<int[]> LayerDivisions(int[] capacityOf)
    {
        var (experts, parts) = (capacityOf.Sum(), capacityOf.Length);
        var found = new List<int[]>();
        Extend(new int[experts], 0, new int[parts]);
        return found;

        void Extend(int[] partOf, int expert, int[] held)
        {
            if (expert == experts)
            {
                found.Add([.. partOf]);
                return;
            }
            for (var part = 0; part < parts; part++)
            {
                if (held[part] == capacityOf[part])
                    continue;
                held[part]++;
                partOf[expert] = part;
                Extend(partOf, expert + 1, held);
                held[part]--;
            }
        }
    }

    /// <summary>The most that any division under the limits keeps: dynamic programming over all divisions of each layer.</summary>
    public static long BestKept(ChainProblem problem)
    {
        var (n, divisions) = (problem.Experts, LayerDivisions(problem.CapacityOf));
        var value = new Dictionary<int, long>();
        for (var layer = 0; layer < problem.Layers; layer++)
        {
            var next = new Dictionary<int, long>();
            for (var d = 0; d < divisions.Count; d++)
            {
                var division = divisions[d];
                if (Enumerable.Range(0, problem.Parts).Any(p => Enumerable.Range(0, n).Where(e => division[e] == p).Sum(e => problem.Load[layer][e]) > problem.LoadLimit[layer][p]))
                    continue;
                var inside = 0L;
                for (var e = 0; problem.HomeOf is not null && e < n; e++)
                    inside += problem.HomeOf[layer * n + e] == division[e] ? problem.StayWeight : 0;
                for (var a = 0; problem.Together is not null && a < n; a++)
                    for (var b = 0; b < a; b++)
                        inside += (long)problem.Together[layer][a * n + b] * problem.Kept(division[a], division[b]);
                next[d] = inside + (layer == 0 ? 0 : value.Max(v => v.Value + Across(layer - 1, divisions[v.Key], division)));
            }
            value = next;
        }
        return value.Values.Max();

        long Across(int layer, int[] from, int[] to)
        {
            var sum = 0L;
            for (var e = 0; e < n; e++)
                for (var f = 0; f < n; f++)
                    sum += (long)problem.Transitions[layer][e * n + f] * problem.Kept(from[e], to[f]);
            return sum;
        }
    }
}
