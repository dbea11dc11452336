using System.Runtime.CompilerServices;

namespace MoEPlace.Evaluation;

/// <summary>Counts what travels in one exchange of every layer: copies per port, and distinct ranks and nodes reached.</summary>
internal sealed class ExchangeTally(int layers, int[] nodeOf, int nodes)
{
    private readonly int ranks = nodeOf.Length;
    private readonly int[] seenNode = new int[nodes];
    private int stamp;

    /// <summary>[layers, ranks] as in <see cref="ExchangeCopies"/>.</summary>
    internal long[] TokenSideIntraNode { get; } = new long[layers * nodeOf.Length];

    internal long[] TokenSideInterNode { get; } = new long[layers * nodeOf.Length];

    internal long[] ExpertSideIntraNode { get; } = new long[layers * nodeOf.Length];

    internal long[] ExpertSideInterNode { get; } = new long[layers * nodeOf.Length];

    /// <summary>Distinct other nodes reached, over all layers.</summary>
    internal long NodeCopies { get; private set; }

    /// <summary>Distinct other ranks reached in a layer.</summary>
    internal long RankCopies(int layer) =>
        Sum(TokenSideIntraNode.AsSpan(layer * ranks, ranks)) + Sum(TokenSideInterNode.AsSpan(layer * ranks, ranks));

    /// <summary>Distinct ranks of other nodes reached, over all layers.</summary>
    internal long InterNodeCopies() => Sum(TokenSideInterNode);

    /// <summary>Counts one token in one layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="tokenRank">The rank of the token side.</param>
    /// <param name="expertRanks">The distinct ranks of its experts.</param>
    /// <param name="reachesOwn">Whether <paramref name="tokenRank"/> is among them.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Add(int layer, int tokenRank, ReadOnlySpan<int> expertRanks, bool reachesOwn)
    {
        var begin = layer * ranks;
        if (nodes > 1)
        {
            AddAcrossNodes(begin, tokenRank, expertRanks);
            return;
        }
        // Counts its own rank too and takes it back: cheaper than a branch for each rank, which no predictor guesses.
        var expertSide = ExpertSideIntraNode.AsSpan(begin, ranks);
        foreach (var rank in expertRanks)
            expertSide[rank]++;
        var own = reachesOwn ? 1 : 0;
        expertSide[tokenRank] -= own;
        TokenSideIntraNode[begin + tokenRank] += expertRanks.Length - own;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddAcrossNodes(int begin, int tokenRank, ReadOnlySpan<int> expertRanks)
    {
        var home = nodeOf[tokenRank];
        if (++stamp == int.MaxValue)
        {
            seenNode.AsSpan().Clear();
            stamp = 1;
        }
        foreach (var rank in expertRanks)
        {
            if (rank == tokenRank)
                continue;
            var node = nodeOf[rank];
            if (node == home)
            {
                ExpertSideIntraNode[begin + rank]++;
                TokenSideIntraNode[begin + tokenRank]++;
                continue;
            }
            ExpertSideInterNode[begin + rank]++;
            TokenSideInterNode[begin + tokenRank]++;
            if (seenNode[node] == stamp)
                continue;
            seenNode[node] = stamp;
            NodeCopies++;
        }
    }

    /// <summary>Takes over what another tally counted.</summary>
    internal void Add(ExchangeTally other)
    {
        AddTo(TokenSideIntraNode, other.TokenSideIntraNode);
        AddTo(TokenSideInterNode, other.TokenSideInterNode);
        AddTo(ExpertSideIntraNode, other.ExpertSideIntraNode);
        AddTo(ExpertSideInterNode, other.ExpertSideInterNode);
        NodeCopies += other.NodeCopies;
    }

    internal static void AddTo(Span<long> sum, ReadOnlySpan<long> more)
    {
        for (var i = 0; i < sum.Length; i++)
            sum[i] += more[i];
    }

    internal static long Sum(ReadOnlySpan<long> values)
    {
        long sum = 0;
        foreach (var value in values)
            sum += value;
        return sum;
    }
}
