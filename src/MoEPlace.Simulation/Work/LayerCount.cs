using System.Runtime.CompilerServices;
using MoEPlace.Evaluation;
using MoEPlace.Simulation.Schedules;
using MoEPlace.Traces;

namespace MoEPlace.Simulation.Work;

/// <summary>Counts the tokens of a step in one layer. One object counts on one thread.</summary>
internal sealed class LayerCount
{
    private const int Replicated = -1;
    private readonly int layer;
    private readonly int topK;
    private readonly int firstCell;
    private readonly int firstReplica;
    private readonly DispatchRule rule;
    private readonly bool once;
    private readonly int[] rankOfExpert;
    private readonly int[] seenRank;
    private readonly int[] reached;
    private readonly int[] expertLoad;
    private readonly int[] replicaLoad;
    private readonly int[] residentAfter;
    private readonly ExpertRoom? room;
    private int stamp;

    /// <summary>Makes an empty count.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="model">Experts, top-k.</param>
    /// <param name="rule">Where the experts are.</param>
    /// <param name="cluster">Nodes and ranks.</param>
    /// <param name="nodeOf">[ranks] the node of each.</param>
    /// <param name="leafOf">[ranks] the leaf switch of each.</param>
    /// <param name="options">How hidden states travel.</param>
    internal LayerCount(int layer, MoEModel model, DispatchRule rule, Cluster cluster, int[] nodeOf, int[] leafOf, WorkOptions options)
    {
        (this.layer, topK, this.rule) = (layer, model.TopK, rule);
        firstCell = layer * model.Experts;
        firstReplica = rule.Start[firstCell];
        once = options.Copies == CopyUnit.Rank;
        seenRank = new int[cluster.Ranks];
        reached = new int[topK];
        expertLoad = new int[model.Experts];
        rankOfExpert = new int[model.Experts];
        for (var expert = 0; expert < rankOfExpert.Length; expert++)
        {
            var (begin, end) = (rule.Start[firstCell + expert], rule.Start[firstCell + expert + 1]);
            rankOfExpert[expert] = end - begin == 1 ? rule.Ranks[begin] : Replicated;
        }
        replicaLoad = new int[rule.Start[firstCell + model.Experts] - firstReplica];
        var byPair = cluster.Ranks <= options.PairRanks;
        Out = new CopyRoute(options.AllToAll, cluster, nodeOf, leafOf, byPair);
        Back = options.RunsCoherent ? new CopyRoute(options.AllToAll, cluster, nodeOf, leafOf, byPair) : Out;
        residentAfter = new int[options.RunsCoherent ? cluster.Ranks : 0];
        room = options.CapacityFactor is null ? null : new ExpertRoom(layer, model, rule, cluster);
    }

    /// <summary>Copies to the experts.</summary>
    internal CopyRoute Out { get; }

    /// <summary>Copies to where hidden states go, counted as if they came from there; the same object where they go back.</summary>
    internal CopyRoute Back { get; }

    /// <summary>[ranks] tokens at each rank after the layer, where they do not go home; else empty.</summary>
    internal ReadOnlySpan<int> ResidentAfter => residentAfter;

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
            var ofToken = choices.Slice(token * topK, topK);
            if (room is not null)
            {
                NoteRoom(ofToken, before[token], numbers[token]);
                continue;
            }
            var copies = reached.AsSpan(0, Gather(ofToken, before[token], numbers[token]));
            Out.Add(before[token], copies);
            if (residentAfter.Length == 0)
                continue;
            Back.Add(after[token], copies);
            residentAfter[after[token]]++;
        }
    }

    /// <summary>Turns pairs into full rooms, where experts have a capacity.</summary>
    /// <param name="capacity">Room of every expert for the tokens of one rank.</param>
    /// <param name="sources">The ranks that send.</param>
    internal void FillRooms(int capacity, ReadOnlySpan<int> sources) =>
        DroppedPairs = room!.Fill(capacity, sources, replicaLoad, Out);

    /// <summary>Tokens that a replica computes.</summary>
    /// <param name="expert">The expert.</param>
    /// <param name="replica">Which of its replicas, rising by rank.</param>
    internal int Load(int expert, int replica)
    {
        var load = replicaLoad[rule.Start[firstCell + expert] - firstReplica + replica];
        return rankOfExpert[expert] == Replicated ? load : load + expertLoad[expert];
    }

    /// <summary>Fills <see cref="reached"/> with the rank of every copy; returns their number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Gather(ReadOnlySpan<ushort> choices, int source, int number)
    {
        if (++stamp == int.MaxValue)
        {
            seenRank.AsSpan().Clear();
            stamp = 1;
        }
        var (rankOf, loads, seen, copies, now) = (rankOfExpert, expertLoad, seenRank, reached, stamp);
        int count = 0, pairs = 0;
        foreach (var expert in choices)
        {
            if (expert == RoutingTrace.NoExpert)
                continue;
            pairs++;
            var rank = rankOf[expert];
            if (rank >= 0)
            {
                loads[expert]++;
            }
            else
            {
                var replica = rule.Replica(firstCell + expert, source, number);
                replicaLoad[replica - firstReplica]++;
                rank = rule.Ranks[replica];
            }
            // Written in any case, counted once: whether two experts share a rank is nothing that a branch predictor guesses.
            copies[count] = rank;
            count += !once || seen[rank] != now ? 1 : 0;
            seen[rank] = now;
        }
        Pairs += pairs;
        return count;
    }

    private void NoteRoom(ReadOnlySpan<ushort> choices, int source, int number)
    {
        foreach (var expert in choices)
        {
            if (expert == RoutingTrace.NoExpert)
                continue;
            room!.Note(source, rule.Replica(firstCell + expert, source, number) - firstReplica);
            Pairs++;
        }
    }
}
