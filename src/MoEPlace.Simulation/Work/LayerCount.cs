using System.Runtime.CompilerServices;
using MoEPlace.Evaluation;
using MoEPlace.Simulation.Schedules;
using MoEPlace.Traces;

namespace MoEPlace.Simulation.Work;

/// <summary>Counts the tokens of a step in one layer. One object counts on one thread.</summary>
internal sealed class LayerCount
{
    private readonly int layer;
    private readonly int topK;
    private readonly int firstCell;
    private readonly int firstReplica;
    private readonly DispatchRule rule;
    private readonly bool once;
    private readonly int[] seenRank;
    private readonly int[] reached;
    private readonly ExpertRoom? room;
    private int stamp;

    /// <summary>Makes an empty count.</summary>
    internal LayerCount(int layer, MoEModel model, DispatchRule rule, Cluster cluster, WorkOptions options)
    {
        (this.layer, topK, this.rule) = (layer, model.TopK, rule);
        firstCell = layer * model.Experts;
        firstReplica = rule.Start[firstCell];
        once = options.Copies == CopyUnit.Rank;
        seenRank = new int[cluster.Ranks];
        reached = new int[topK];
        ReplicaLoad = new int[rule.Start[firstCell + model.Experts] - firstReplica];
        var byPair = cluster.Ranks <= options.PairRanks;
        Out = new CopyRoute(options.AllToAll, cluster, byPair);
        Back = options.RunsCoherent ? new CopyRoute(options.AllToAll, cluster, byPair) : Out;
        ResidentAfter = new int[options.RunsCoherent ? cluster.Ranks : 0];
        room = options.CapacityFactor is null ? null : new ExpertRoom(layer, model, rule, cluster);
    }

    /// <summary>[replicas of the layer] tokens that each computes.</summary>
    internal int[] ReplicaLoad { get; }

    /// <summary>Copies to the experts.</summary>
    internal CopyRoute Out { get; }

    /// <summary>Copies to where hidden states go, counted as if they came from there; the same object where they go back.</summary>
    internal CopyRoute Back { get; }

    /// <summary>[ranks] tokens at each rank after the layer, where they do not go home; else empty.</summary>
    internal int[] ResidentAfter { get; }

    /// <summary>(token, expert) pairs.</summary>
    internal long Pairs { get; private set; }

    /// <summary>Of these, those without room.</summary>
    internal long DroppedPairs { get; private set; }

    /// <summary>Counts some tokens.</summary>
    // Full optimization at the first call: a layer is often passed over once.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Add(TokenChunk chunk)
    {
        var numbers = chunk.Numbers;
        var choices = chunk.Choices(layer);
        var before = chunk.Positions(layer);
        var after = chunk.Positions(layer + 1);
        for (var token = 0; token < before.Length; token++)
        {
            var count = Gather(choices.Slice(token * topK, topK), before[token], numbers[token]);
            if (room is not null)
                continue;
            var copies = reached.AsSpan(0, count);
            Out.Add(before[token], copies);
            if (ResidentAfter.Length == 0)
                continue;
            Back.Add(after[token], copies);
            ResidentAfter[after[token]]++;
        }
    }

    /// <summary>Turns pairs into full rooms, where experts have a capacity.</summary>
    /// <param name="capacity">Room of every expert for the tokens of one rank.</param>
    /// <param name="sources">The ranks that hold tokens.</param>
    internal void FillRooms(int capacity, ReadOnlySpan<int> sources) =>
        DroppedPairs = room!.Fill(capacity, sources, ReplicaLoad, Out);

    /// <summary>Fills <see cref="reached"/> with the rank of every copy; returns their number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Gather(ReadOnlySpan<ushort> choices, int source, int number)
    {
        if (++stamp == int.MaxValue)
        {
            seenRank.AsSpan().Clear();
            stamp = 1;
        }
        var (start, rankOf, seen, copies, now) = (rule.Start, rule.Ranks, seenRank, reached, stamp);
        int count = 0, pairs = 0;
        foreach (var expert in choices)
        {
            if (expert == RoutingTrace.NoExpert)
                continue;
            var cell = firstCell + expert;
            var replica = start[cell];
            if (start[cell + 1] - replica > 1)
                replica = rule.Replica(cell, source, number);
            pairs++;
            ReplicaLoad[replica - firstReplica]++;
            room?.Note(source, replica - firstReplica);
            var rank = rankOf[replica];
            copies[count] = rank;
            count += !once || seen[rank] != now ? 1 : 0;
            seen[rank] = now;
        }
        Pairs += pairs;
        return count;
    }
}
