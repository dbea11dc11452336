using System.Collections.Immutable;
using MoEPlace.Evaluation;
using MoEPlace.Simulation.Network;

namespace MoEPlace.Simulation.Work;

/// <summary>Runs the tokens of a step through a placement: chunk by chunk, in every chunk layer by layer on several threads.</summary>
internal sealed class StepCount
{
    private const long MostRooms = 1L << 28;
    private readonly RoutedTokens routing;
    private readonly ExpertPlacement placement;
    private readonly Cluster cluster;
    private readonly WorkOptions options;
    private readonly MoEModel model;

    /// <summary>Checks that everything fits.</summary>
    /// <exception cref="InputException">Something does not; every fault is told.</exception>
    internal StepCount(RoutedTokens routing, ExpertPlacement placement, Cluster cluster, WorkOptions options)
    {
        (this.routing, this.placement, this.cluster, this.options) = (routing, placement, cluster, options);
        if (routing.Phase != options.Phase)
            throw new ArgumentException($"The rows are for {routing.Phase}, the step for {options.Phase}.", nameof(routing));
        var trace = routing.Slice.Trace;
        model = trace.Model;
        var faults = new InputFaults("step");
        cluster.Check(faults);
        options.Check(faults, cluster.Ranks);
        PlacementCost.CheckFit(faults, "placement", placement, model, cluster);
        faults.Require(
            trace.HasTopOne || !options.RunsCoherent, "residency", options.Residency,
            $"home: {trace.Path} has neither gate weights nor choices by weight, so that no top-1 can be told");
        faults.ThrowIfAny();
        CheckLostRanks(faults);
        var rooms = (long)cluster.Ranks * Enumerable.Range(0, model.Layers).Sum(layer => (long)placement.SlotCount(new LayerId(layer)));
        faults.Require(
            options.CapacityFactor is null || rooms <= MostRooms, "ranks x slots", rooms, $"at most {MostRooms} with a capacity factor");
        faults.ThrowIfAny();
    }

    /// <summary>Counts one part of one step.</summary>
    internal StepWork Run(int step, int part, int parts)
    {
        var tokens = StepTokens.Select(routing, cluster.Ranks, options, step, part, parts);
        var rule = new DispatchRule(placement);
        int[] nodeOf = [.. Enumerable.Range(0, cluster.Ranks).Select(rank => rank / cluster.RanksPerNode)];
        int[] leafOf = [.. Enumerable.Range(0, cluster.Ranks).Select(rank => cluster.LeafOf(new RankId(rank)))];
        var layers = new LayerCount[model.Layers];
        for (var layer = 0; layer < layers.Length; layer++)
            layers[layer] = new LayerCount(layer, model, rule, cluster, nodeOf, leafOf, options);
        var chunk = new TokenChunk(routing.Slice.Trace, tokens, options.RunsCoherent ? rule : null);
        while (chunk.Next())
            Parallel.For(0, layers.Length, layer => layers[layer].Add(chunk));
        var resident = Resident(tokens, layers);
        if (options.CapacityFactor is { } factor)
            FillRooms(layers, factor, resident.AsSpan(0, cluster.Ranks));
        var (slotStart, expertTokens) = BySlot(rule.Replicas, layers);
        var (dispatch, combine) = (new ImmutableArray<ExchangeTraffic>[layers.Length], new ImmutableArray<ExchangeTraffic>[layers.Length]);
        Parallel.For(0, layers.Length, layer =>
        {
            dispatch[layer] = layers[layer].Out.Dispatch(options.DispatchBytesPerToken);
            combine[layer] = layers[layer].Back.Combine(options.CombineBytesPerToken);
        });
        return new StepWork(cluster.Ranks, resident, slotStart, expertTokens, dispatch, combine)
        {
            RowsAvailable = routing.Count,
            Repeated = options.TokensPerStep > routing.Count,
            Pairs = layers.Sum(layer => layer.Pairs),
            DroppedPairs = layers.Sum(layer => layer.DroppedPairs),
            Context = options.Residency == Residency.Coherent ? ContextGathering.Of(resident, model, cluster, options) : null,
        };
    }

    private void CheckLostRanks(InputFaults faults)
    {
        foreach (var (i, rank) in options.LostRanks.Index())
        {
            var held = Enumerable.Range(0, model.Layers).Sum(layer => placement.ExpertsOn(new LayerId(layer), new RankId(rank)).Length);
            faults.Require(held == 0, $"lostRanks[{i}]", rank, $"a rank without experts; the placement has {held} there over all layers");
        }
    }

    private int[] Resident(StepTokens tokens, LayerCount[] layers)
    {
        var ranks = cluster.Ranks;
        var resident = new int[(layers.Length + 1) * ranks];
        foreach (var home in tokens.Homes)
            resident[home]++;
        for (var layer = 0; layer < layers.Length; layer++)
        {
            var after = options.RunsCoherent ? layers[layer].ResidentAfter : resident.AsSpan(0, ranks);
            after.CopyTo(resident.AsSpan((layer + 1) * ranks, ranks));
        }
        return resident;
    }

    // Every rank sends rooms of one size, as the exchange of a capacity takes it: that of the rank with most tokens.
    private void FillRooms(LayerCount[] layers, double factor, ReadOnlySpan<int> homes)
    {
        var most = 0;
        foreach (var tokens in homes)
            most = Math.Max(most, tokens);
        var room = Math.Ceiling(factor * model.TopK * most / model.Experts);
        if (room * cluster.Ranks > int.MaxValue)
        {
            throw new InputException(
                "step", "capacityFactor", factor, $"rooms of at most {int.MaxValue} tokens over all ranks, not {room} for each");
        }
        var capacity = (int)room;
        int[] left = [.. Enumerable.Range(0, cluster.Ranks).Except(options.LostRanks)];
        Parallel.For(0, layers.Length, layer => layers[layer].FillRooms(capacity, left));
    }

    private (int[] Start, int[] Tokens) BySlot(int slots, LayerCount[] layers)
    {
        var (ranks, at) = (cluster.Ranks, 0);
        var (start, tokens) = (new int[layers.Length * ranks + 1], new int[slots]);
        for (var cell = 0; cell < layers.Length * ranks; cell++)
        {
            var (layer, rank) = (new LayerId(cell / ranks), new RankId(cell % ranks));
            foreach (var expert in placement.ExpertsOn(layer, rank))
                tokens[at++] = layers[layer.Value].Load(expert, placement.RanksOf(layer, new ExpertId(expert)).BinarySearch(rank.Value));
            start[cell + 1] = at;
        }
        return (start, tokens);
    }
}
