namespace MoEPlace.Placement.Affinity;

/// <summary>
/// Renames the parts of one layer so that it keeps most with the layer before: ranks inside every pair of nodes, then nodes, each an
/// exact assignment. Only parts that are alike (in capacity, and in the load limits of all layers) take each other's names; where experts
/// have a home, none does.
/// </summary>
internal sealed class PartMatching
{
    private const long Forbidden = LinearAssignment.MaxCost;
    private readonly ChainProblem problem;
    private readonly int[][] ranksOf;
    private readonly int[] kind;
    private readonly long[] weight;
    private readonly long[] cost;
    private readonly long[] nodeCost;
    private readonly int[] nodeMate;
    private readonly int[][] mates;
    private readonly LinearAssignment[] assignments;
    private readonly LinearAssignment nodeAssignment;

    public PartMatching(ChainProblem problem)
    {
        this.problem = problem;
        // Without a weight of nodes all parts are on one.
        ranksOf = problem.NodeWeight == 0
            ? [[.. Enumerable.Range(0, problem.Parts)]]
            : [.. Enumerable.Range(0, problem.Nodes).Select(node => problem.RanksOf(node).ToArray())];
        kind = [.. Enumerable.Range(0, problem.Parts).Select(part => Enumerable.Range(0, part + 1).First(other => Alike(other, part)))];
        var (parts, nodes, largest) = (problem.Parts, ranksOf.Length, ranksOf.Max(r => r.Length));
        weight = new long[parts * parts];
        cost = new long[largest * largest];
        nodeCost = new long[nodes * nodes];
        nodeMate = new int[nodes];
        mates = [.. Enumerable.Range(0, nodes * nodes).Select(_ => new int[largest])];
        assignments = [.. ranksOf.Select(r => new LinearAssignment(r.Length))];
        nodeAssignment = new LinearAssignment(nodes);
    }

    /// <summary>Joins two layers; returns what the join keeps.</summary>
    /// <param name="partOf">[experts] the parts of the layer before.</param>
    /// <param name="folded">[experts, parts] transitions of its experts to the parts of the next layer.</param>
    /// <param name="mateOf">[parts] receives for each part of the next layer the part before whose name it takes; or empty.</param>
    public long Join(ReadOnlySpan<int> partOf, ReadOnlySpan<int> folded, Span<int> mateOf)
    {
        var parts = problem.Parts;
        Array.Clear(weight);
        for (var e = 0; e < partOf.Length; e++)
        {
            var row = weight.AsSpan(partOf[e] * parts, parts);
            var add = folded.Slice(e * parts, parts);
            for (var part = 0; part < add.Length; part++)
                row[part] += add[part];
        }
        return Match(problem.RankWeight, problem.NodeWeight, mateOf);
    }

    /// <summary>Renames the parts of a whole division so that most experts have their home's name; the objective stays what it is.</summary>
    /// <param name="partOf">[layers, experts].</param>
    /// <param name="homeOf">[layers, experts] -1 for none.</param>
    /// <param name="mateOf">[parts] receives the new name of each part.</param>
    /// <returns>How many experts are at home.</returns>
    public long GoHome(ReadOnlySpan<int> partOf, ReadOnlySpan<int> homeOf, Span<int> mateOf)
    {
        Array.Clear(weight);
        for (var cell = 0; cell < partOf.Length; cell++)
            if (homeOf[cell] >= 0)
                weight[homeOf[cell] * problem.Parts + partOf[cell]]++;
        return Match(1, 0, mateOf);
    }

    private long Match(long rankWeight, long nodeWeight, Span<int> mateOf)
    {
        var nodes = ranksOf.Length;
        for (var to = 0; to < nodes; to++)
            for (var from = 0; from < nodes; from++)
                nodeCost[to * nodes + from] = MatchRanks(to, from, rankWeight, nodeWeight);
        var total = nodeAssignment.Minimize(nodeCost, nodeMate);
        for (var to = 0; !mateOf.IsEmpty && to < nodes; to++)
            for (var i = 0; i < ranksOf[to].Length; i++)
                mateOf[ranksOf[to][i]] = ranksOf[nodeMate[to]][mates[to * nodes + nodeMate[to]][i]];
        return -total;
    }

    /// <summary>What it costs to give the ranks of one node the names of another's, matched best.</summary>
    private long MatchRanks(int to, int from, long rankWeight, long nodeWeight)
    {
        var (parts, ranks, others) = (problem.Parts, ranksOf[to], ranksOf[from]);
        if (ranks.Length != others.Length)
            return Forbidden;
        var together = 0L;
        for (var i = 0; i < ranks.Length; i++)
        {
            for (var j = 0; j < others.Length; j++)
            {
                var kept = weight[others[j] * parts + ranks[i]];
                together += kept;
                var may = problem.HomeOf is null ? kind[ranks[i]] == kind[others[j]] : ranks[i] == others[j];
                cost[i * ranks.Length + j] = may ? -rankWeight * kept : Forbidden;
            }
        }
        var size = ranks.Length;
        var least = assignments[to].Minimize(cost.AsSpan(0, size * size), mates[to * ranksOf.Length + from].AsSpan(0, size));
        return least >= Forbidden / 2 ? Forbidden : least - nodeWeight * together;
    }

    private bool Alike(int one, int other) =>
        problem.CapacityOf[one] == problem.CapacityOf[other] && problem.LoadLimit.All(limits => limits[one] == limits[other]);
}
