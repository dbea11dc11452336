using System.Runtime.CompilerServices;
using MoEPlace.Traces;

namespace MoEPlace.Evaluation;

/// <summary>Runs tokens through a placement and counts. One object counts on one thread; sums of several are exact in any order.</summary>
internal sealed class RoutingTally
{
    private readonly DispatchRule rule;
    private readonly int layers;
    private readonly int experts;
    private readonly int topK;
    private readonly int ranks;
    private readonly bool hasTopOne;
    private readonly bool coherent;
    private readonly int[] nodeOf;
    private readonly long[] uses;
    private readonly int[] seenRank;
    private readonly int[] reached;
    private int stamp;

    internal RoutingTally(MoEModel model, bool hasTopOne, DispatchRule rule, Cluster cluster, EvaluationOptions options)
    {
        this.rule = rule;
        this.hasTopOne = hasTopOne;
        (layers, experts, topK, ranks) = (model.Layers, model.Experts, model.TopK, cluster.Ranks);
        coherent = options.RunsCoherent;
        nodeOf = new int[ranks];
        for (var rank = 0; rank < ranks; rank++)
            nodeOf[rank] = cluster.NodeOf(new RankId(rank)).Value;
        uses = new long[options.Dispatch == ReplicaChoice.Nearest ? 0 : layers * experts];
        seenRank = new int[ranks];
        reached = new int[topK];
        ReplicaLoad = new long[rule.Replicas];
        Resident = new long[(layers + 1) * ranks];
        Dispatch = new ExchangeTally(layers, nodeOf, cluster.Nodes);
        Combine = coherent ? new ExchangeTally(layers, nodeOf, cluster.Nodes) : Dispatch;
        Pairs = new long[layers];
        GpuCrossings = new long[layers];
        NodeCrossings = new long[layers];
    }

    /// <summary>[replicas] tokens that each served since it was last cleared.</summary>
    internal long[] ReplicaLoad { get; }

    /// <summary>[layers + 1, ranks] tokens at each rank before each layer and after the last; at home the first row alone.</summary>
    internal long[] Resident { get; }

    /// <summary>Hidden states to the experts.</summary>
    internal ExchangeTally Dispatch { get; }

    /// <summary>Hidden states back; the same object at home, where every copy returns to where it came from.</summary>
    internal ExchangeTally Combine { get; }

    /// <summary>[layers] tokens that have a top-1 in this layer and in the one before.</summary>
    internal long[] Pairs { get; }

    /// <summary>[layers] of these, those whose top-1 is on another rank than in the layer before.</summary>
    internal long[] GpuCrossings { get; }

    /// <summary>[layers] of these, those whose top-1 is on another node.</summary>
    internal long[] NodeCrossings { get; }

    /// <summary>Counts the tokens <paramref name="from"/> to <paramref name="to"/> of a block.</summary>
    internal void Add(TokenBlock block, ReadOnlySpan<int> homes, int from, int to)
    {
        var width = layers * topK;
        for (var token = from; token < to; token++)
        {
            var topOne = hasTopOne ? block.TopOne.AsSpan(token * layers, layers) : default;
            var travels = coherent && block.Phase[token] != 0;
            AddToken(block.Experts.AsSpan(token * width, width), topOne, homes[token], travels, block.FirstOrdinal + token);
        }
    }

    /// <summary>Takes over what another tally counted, replica loads excepted.</summary>
    internal void Add(RoutingTally other)
    {
        ExchangeTally.AddTo(Resident, other.Resident);
        ExchangeTally.AddTo(Pairs, other.Pairs);
        ExchangeTally.AddTo(GpuCrossings, other.GpuCrossings);
        ExchangeTally.AddTo(NodeCrossings, other.NodeCrossings);
        Dispatch.Add(other.Dispatch);
        if (coherent)
            Combine.Add(other.Combine);
    }

    // Full optimization at the first call: with tiers, a single pass over a trace would end before the fast code is there.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddToken(ReadOnlySpan<ushort> choices, ReadOnlySpan<ushort> topOne, int home, bool travels, long ordinal)
    {
        var at = home;
        var follows = false;
        Resident[home]++;
        for (var layer = 0; layer < layers; layer++)
        {
            var source = travels ? at : home;
            var top = hasTopOne ? topOne[layer] : RoutingTrace.NoExpert;
            var ofLayer = choices.Slice(layer * topK, topK);
            var topReplica = -1;
            var count = uses.Length == 0 ? Gather(layer, ofLayer, source, ordinal) : GatherInTurn(layer, ofLayer, top, out topReplica);
            if (top != RoutingTrace.NoExpert)
            {
                var next = rule.Ranks[topReplica >= 0 ? topReplica : rule.Replica(layer * experts + top, at, ordinal)];
                if (follows)
                    CountPair(layer, at, next);
                at = next;
            }
            follows = top != RoutingTrace.NoExpert;
            var expertRanks = reached.AsSpan(0, count);
            Dispatch.Add(layer, source, expertRanks, seenRank[source] == stamp);
            if (!coherent)
                continue;
            var back = travels ? at : home;
            Combine.Add(layer, back, expertRanks, seenRank[back] == stamp);
            Resident[(layer + 1) * ranks + back]++;
        }
    }

    /// <summary>Fills <see cref="reached"/> with the distinct ranks that serve a token in a layer; returns their number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Gather(int layer, ReadOnlySpan<ushort> choices, int source, long ordinal)
    {
        NextStamp();
        var (start, rankOf, seen, distinct) = (rule.Start, rule.Ranks, seenRank, reached);
        var (now, first, count) = (stamp, layer * experts, 0);
        foreach (var expert in choices)
        {
            if (expert == RoutingTrace.NoExpert)
                continue;
            var cell = first + expert;
            var replica = start[cell];
            if (start[cell + 1] - replica > 1)
                replica = rule.Replica(cell, source, ordinal);
            ReplicaLoad[replica]++;
            var rank = rankOf[replica];
            // Written in any case, counted once: whether two experts share a rank is nothing that a branch predictor guesses.
            distinct[count] = rank;
            count += seen[rank] != now ? 1 : 0;
            seen[rank] = now;
        }
        return count;
    }

    /// <summary>The same where replicas share tokens in turn; also the replica that serves the top-1, -1 for none.</summary>
    private int GatherInTurn(int layer, ReadOnlySpan<ushort> choices, ushort top, out int topReplica)
    {
        NextStamp();
        topReplica = -1;
        var count = 0;
        foreach (var expert in choices)
        {
            if (expert == RoutingTrace.NoExpert)
                continue;
            var cell = layer * experts + expert;
            var replica = rule.ReplicaInTurn(cell, uses[cell]++);
            if (expert == top && topReplica < 0)
                topReplica = replica;
            ReplicaLoad[replica]++;
            var rank = rule.Ranks[replica];
            if (seenRank[rank] == stamp)
                continue;
            seenRank[rank] = stamp;
            reached[count++] = rank;
        }
        return count;
    }

    private void NextStamp()
    {
        if (++stamp < int.MaxValue)
            return;
        seenRank.AsSpan().Clear();
        stamp = 1;
    }

    private void CountPair(int layer, int from, int to)
    {
        Pairs[layer]++;
        if (from == to)
            return;
        GpuCrossings[layer]++;
        if (nodeOf[from] != nodeOf[to])
            NodeCrossings[layer]++;
    }
}
