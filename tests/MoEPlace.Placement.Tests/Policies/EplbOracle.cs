namespace MoEPlace.Placement.Tests.Policies;

/// <summary>The balancer once more, from its published description: permutations and their inverses, whole lists, no thought of speed.</summary>
internal static class EplbOracle
{
    internal static int[] Rebalance(long[] weights, int layers, int experts, int slots, int groups, int nodes, int ranks)
    {
        if (groups % nodes != 0)
            (groups, nodes) = (1, 1);
        return [.. Enumerable.Range(0, layers).SelectMany(layer =>
            Layer([.. weights.Skip(layer * experts).Take(experts).Select(w => (float)w)], slots, groups, nodes, ranks))];
    }

    private static int[] Layer(float[] weight, int slots, int groups, int nodes, int ranks)
    {
        var size = weight.Length / groups;
        var groupWeights = weight.Chunk(size).Select(g => g.Aggregate(0f, (a, b) => a + b)).ToList();
        var groupPlace = Pack(groupWeights, nodes);
        var localOfExpert = Enumerable.Range(0, weight.Length)
            .Select(e => (groupPlace[e / size].Pack * (groups / nodes) + groupPlace[e / size].Place) * size + e % size).ToList();
        var expertOfLocal = Enumerable.Range(0, weight.Length).Select(local => localOfExpert.IndexOf(local)).ToList();
        var result = new List<int>();
        for (var node = 0; node < nodes; node++)
        {
            var own = expertOfLocal.Chunk(weight.Length / nodes).ElementAt(node);
            var copies = own.Select(_ => 1).ToList();
            var replicas = Enumerable.Range(0, own.Length).ToList();
            while (replicas.Count < slots / nodes)
            {
                var shares = own.Select((e, i) => weight[e] / copies[i]).ToList();
                var most = shares.IndexOf(shares.Max());
                replicas.Add(most);
                copies[most]++;
            }
            var places = Pack([.. replicas.Select(i => weight[own[i]] / copies[i])], ranks / nodes);
            result.AddRange(replicas.Select((i, s) => (Expert: own[i], places[s].Pack, places[s].Place))
                .OrderBy(p => p.Pack).ThenBy(p => p.Place).Select(p => p.Expert));
        }
        return [.. result];
    }

    private static (int Pack, int Place)[] Pack(List<float> weights, int packs)
    {
        var each = weights.Count / packs;
        if (each == 1)
            return [.. weights.Select((_, i) => (i, 0))];
        var content = Enumerable.Range(0, packs).Select(_ => new List<int>()).ToList();
        foreach (var item in Enumerable.Range(0, weights.Count).OrderByDescending(i => weights[i]))
            content.Where(p => p.Count < each).MinBy(p => p.Aggregate(0f, (sum, i) => sum + weights[i]))!.Add(item);
        return [.. weights.Select((_, i) => content.FindIndex(p => p.Contains(i)) is var pack ? (pack, content[pack].IndexOf(i)) : default)];
    }
}
