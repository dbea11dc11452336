namespace MoEPlace.Placement.Bounds;

/// <summary>All divisions of a layer's experts over equal ranks, numbered ranks and all, with the sets that ranks and nodes hold.</summary>
internal sealed class DivisionList
{
    private readonly int experts;
    private readonly int ranksPerNode;
    private readonly List<byte> rankOf = [];
    private readonly int[][] sets;

    /// <param name="experts">Experts of the layer.</param>
    /// <param name="ranks">Divides the experts.</param>
    /// <param name="ranksPerNode">Divides the ranks.</param>
    public DivisionList(int experts, int ranks, int ranksPerNode)
    {
        (this.experts, this.ranksPerNode) = (experts, ranksPerNode);
        Extend(new byte[experts], 0, new int[ranks]);
        sets = [SetsOf(ranks, 1), SetsOf(ranks / ranksPerNode, ranksPerNode)];
        Ranks = ranks;
        var numberOf = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var d = 0; d < Count; d++)
            numberOf[Key(Of(d))] = d;
        CanonicalOf = [.. Enumerable.Range(0, Count).Select(d => numberOf[Key(Renumbered(Of(d)))])];
        Canonical = [.. Enumerable.Range(0, Count).Where(d => CanonicalOf[d] == d)];
    }

    public int Ranks { get; }

    public int Count => rankOf.Count / experts;

    /// <summary>The divisions whose ranks, within each node, and whose nodes come in the order of their first experts.</summary>
    public int[] Canonical { get; }

    /// <summary>[count] the canonical division that each is but for the numbers of nodes and of ranks in them.</summary>
    public int[] CanonicalOf { get; }

    /// <summary>How many there are; <see cref="int.MaxValue"/> for more than that.</summary>
    public static int CountOf(int experts, int ranks)
    {
        var count = 1.0;
        for (var left = experts; left > 0; left -= experts / ranks)
            count *= SubsetList.CountOf(left, experts / ranks);
        return count < int.MaxValue ? (int)count : int.MaxValue;
    }

    public int RankOf(int division, int expert) => rankOf[division * experts + expert];

    /// <summary>The number, in lexicographic order of all sets, of what a part holds.</summary>
    /// <param name="tier">0: ranks, 1: nodes.</param>
    /// <param name="division">The division.</param>
    /// <param name="part">The rank or node.</param>
    public int SetOf(int tier, int division, int part) => sets[tier][division * (tier == 0 ? Ranks : Ranks / ranksPerNode) + part];

    /// <summary>[count] whether every rank stays within a limit.</summary>
    public bool[] Within(long[] load, long limit)
    {
        var within = new bool[Count];
        var sum = new long[Ranks];
        for (var d = 0; d < within.Length; d++)
        {
            Array.Clear(sum);
            for (var e = 0; e < experts; e++)
                sum[RankOf(d, e)] += load[e];
            within[d] = sum.Max() <= limit;
        }
        return within;
    }

    private void Extend(byte[] division, int expert, int[] held)
    {
        if (expert == experts)
        {
            rankOf.AddRange(division);
            return;
        }
        for (var rank = 0; rank < held.Length; rank++)
        {
            if (held[rank] == experts / held.Length)
                continue;
            held[rank]++;
            division[expert] = (byte)rank;
            Extend(division, expert + 1, held);
            held[rank]--;
        }
    }

    private int[] SetsOf(int parts, int ranksPerPart)
    {
        var list = SubsetList.Of(new long[experts], experts / parts, long.MaxValue);
        var found = new int[Count * parts];
        var set = new List<byte>();
        for (var i = 0; i < found.Length; i++)
        {
            set.Clear();
            for (var e = 0; e < experts; e++)
                if (RankOf(i / parts, e) / ranksPerPart == i % parts)
                    set.Add((byte)e);
            found[i] = list.NumberOf(set.ToArray());
        }
        return found;
    }

    private byte[] Of(int division) => [.. rankOf.GetRange(division * experts, experts)];

    private static string Key(byte[] division) => Convert.ToHexString(division);

    private byte[] Renumbered(byte[] division)
    {
        var (nodes, ranks) = (new List<int>(), new List<int>());
        var result = new byte[experts];
        for (var e = 0; e < experts; e++)
        {
            var node = division[e] / ranksPerNode;
            if (!nodes.Contains(node))
                nodes.Add(node);
            if (!ranks.Contains(division[e]))
                ranks.Add(division[e]);
            var within = ranks.Where(r => r / ranksPerNode == node).ToList().IndexOf(division[e]);
            result[e] = (byte)(nodes.IndexOf(node) * ranksPerNode + within);
        }
        return result;
    }
}
