using System.Collections.Immutable;
using MoEPlace.Results;
using MoEPlace.Traces;

namespace MoEPlace.Evaluation;

/// <summary>The judge: runs recorded tokens through a placement and measures what it costs.</summary>
public static class PlacementCost
{
    private const int MostThreads = 16;

    /// <summary>Judges a placement.</summary>
    /// <param name="slice">The tokens.</param>
    /// <param name="placement">The map; it must have the layers and experts of the trace and the ranks of the cluster.</param>
    /// <param name="cluster">Nodes, ranks, device and links.</param>
    /// <param name="options">Conditions.</param>
    /// <param name="current">The placement that is in force, for <see cref="PlacementMeasures.MigrationBytes"/>; null without.</param>
    /// <exception cref="InputException">
    /// Something does not fit: placement and trace, placement and cluster, an option out of range, residency coherent without a top-1,
    /// a recorded home outside the cluster. Every fault is told.
    /// </exception>
    public static PlacementEvaluation Evaluate(
        TraceSlice slice, ExpertPlacement placement, Cluster cluster, EvaluationOptions options, ExpertPlacement? current = null)
    {
        var pass = Run(slice, placement, cluster, options, Math.Min(Environment.ProcessorCount, MostThreads), current);
        var model = slice.Trace.Model;
        var aggregates = Aggregate(pass, slice, placement, cluster, options);
        var step = model.Dimensions is null ? null : new StepModel(model, cluster, options);
        var breakdown = step?.Step(aggregates);
        var homes = new double[cluster.Ranks];
        for (var rank = 0; rank < homes.Length; rank++)
            homes[rank] = (double)pass.Tally.Resident[rank] / slice.Tokens;
        return new PlacementEvaluation(
            Measure(pass, slice, cluster, options) with
            {
                StepSeconds = breakdown?.TotalSeconds,
                MemoryBytesPerRank = step?.MemoryBytesPerRank(placement, homes),
                MigrationBytes = model.Dimensions is { } d && current is not null
                    ? Product(MigratedExperts(current, placement), d.ExpertBytes)
                    : null,
            },
            Describe(pass, slice, placement),
            breakdown);
    }

    /// <summary>Experts whose weights must travel: those of the new map that are not already on their rank in their layer.</summary>
    /// <param name="current">The map in force.</param>
    /// <param name="next">The new map, of the same layers, experts and ranks.</param>
    /// <exception cref="ArgumentException">The two maps are of different shapes.</exception>
    public static long MigratedExperts(ExpertPlacement current, ExpertPlacement next)
    {
        ArgumentNullException.ThrowIfNull(current);
        ArgumentNullException.ThrowIfNull(next);
        if (current.Layers != next.Layers || current.Experts != next.Experts || current.Ranks != next.Ranks)
            throw new ArgumentException("The maps differ in layers, experts or ranks.", nameof(current));
        long moved = 0;
        for (var layer = new LayerId(0); layer.Value < next.Layers; layer = new LayerId(layer.Value + 1))
        {
            for (var expert = new ExpertId(0); expert.Value < next.Experts; expert = new ExpertId(expert.Value + 1))
            {
                var holders = current.RanksOf(layer, expert);
                foreach (var rank in next.RanksOf(layer, expert))
                    moved += holders.BinarySearch(rank) < 0 ? 1 : 0;
            }
        }
        return moved;
    }

    /// <summary>Slots beyond one for each expert, mean over layers.</summary>
    public static double RedundantSlots(ExpertPlacement placement)
    {
        ArgumentNullException.ThrowIfNull(placement);
        long slots = 0;
        for (var layer = 0; layer < placement.Layers; layer++)
            slots += placement.SlotCount(new LayerId(layer)) - placement.Experts;
        return (double)slots / placement.Layers;
    }

    /// <summary>Checks that everything fits, and runs the tokens.</summary>
    internal static RoutingPass Run(
        TraceSlice slice,
        ExpertPlacement placement,
        Cluster cluster,
        EvaluationOptions options,
        int threads,
        ExpertPlacement? current = null)
    {
        ArgumentNullException.ThrowIfNull(slice);
        ArgumentNullException.ThrowIfNull(placement);
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(options);
        var (trace, faults) = (slice.Trace, new InputFaults("evaluate"));
        options.Check(faults);
        cluster.Check(faults);
        CheckFit(faults, "placement", placement, trace.Model, cluster);
        if (current is not null)
            CheckFit(faults, "current placement", current, trace.Model, cluster);
        faults.Require(
            trace.HasTopOne || options.Residency == Residency.Home, "--residency", options.Residency,
            $"home: {trace.Path} has neither gate weights nor choices by weight, so that no top-1 can be told");
        faults.ThrowIfAny();
        return RoutingPass.Run(slice, placement, cluster, options, threads);
    }

    /// <summary>What the step model needs to know of a pass.</summary>
    internal static StepAggregates Aggregate(
        RoutingPass pass, TraceSlice slice, ExpertPlacement placement, Cluster cluster, EvaluationOptions options)
    {
        var (layers, ranks, tally) = (slice.Trace.Layers, cluster.Ranks, pass.Tally);
        var aggregates = new StepAggregates(layers, ranks) { Tokens = slice.Tokens };
        for (var i = 0; i < pass.RankLoads.Length; i++)
            aggregates.ExpertPairs[i] = pass.RankLoads[i];
        CopyTo(tally.Dispatch, aggregates.Dispatch);
        CopyTo(tally.Combine, aggregates.Combine);
        for (var i = 0; i < tally.Resident.Length; i++)
            aggregates.ResidentTokens[i] = tally.Resident[options.RunsCoherent ? i : i % ranks];
        if (slice.Trace.Model.Dimensions is null)
            return aggregates;
        var step = new StepModel(slice.Trace.Model, cluster, options);
        var replica = 0;
        for (var cell = 0; cell < layers * placement.Experts; cell++)
        {
            var layer = cell / placement.Experts;
            foreach (var rank in placement.RanksOf(new LayerId(layer), new ExpertId(cell % placement.Experts)))
                aggregates.ActivatedExperts[layer * ranks + rank] += step.ActivatedShare(pass.ReplicaLoads[replica++], slice.Tokens);
        }
        return aggregates;
    }

    /// <summary>Notes whatever keeps a placement from being judged on a recording and a cluster.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="name">What the placement is called in the faults.</param>
    /// <param name="placement">The map.</param>
    /// <param name="model">The model of the recording.</param>
    /// <param name="cluster">Nodes and ranks.</param>
    public static void CheckFit(InputFaults faults, string name, ExpertPlacement placement, MoEModel model, Cluster cluster)
    {
        ArgumentNullException.ThrowIfNull(faults);
        ArgumentNullException.ThrowIfNull(placement);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(cluster);
        faults.Require(placement.Experts == model.Experts, $"{name}.experts", placement.Experts, $"{model.Experts}, as in the trace");
        if (faults.Require(placement.Layers == model.Layers, $"{name}.layers", placement.Layers, $"{model.Layers}, as in the trace"))
        {
            var ids = string.Join(", ", model.MoeLayerIds);
            faults.Require(
                placement.MoeLayerIds.AsSpan().SequenceEqual(model.MoeLayerIds.AsSpan()), $"{name}.moeLayerIds",
                string.Join(", ", placement.MoeLayerIds), $"{ids}, as in the trace");
        }
        faults.Require(
            placement.Nodes == cluster.Nodes, $"{name}.nodes", placement.Nodes, $"{cluster.Nodes}, as in cluster {cluster.Name}");
        faults.Require(
            placement.RanksPerNode == cluster.RanksPerNode, $"{name}.ranksPerNode", placement.RanksPerNode,
            $"{cluster.RanksPerNode}, as in cluster {cluster.Name}");
    }

    private static PlacementMeasures Measure(RoutingPass pass, TraceSlice slice, Cluster cluster, EvaluationOptions options)
    {
        var (layers, tokens, tally) = (slice.Trace.Layers, slice.Tokens, pass.Tally);
        long dispatch = 0, combine = 0;
        for (var layer = 0; layer < layers; layer++)
        {
            dispatch += tally.Dispatch.RankCopies(layer);
            combine += tally.Combine.RankCopies(layer);
        }
        var pairs = ExchangeTally.Sum(tally.Pairs);
        var cells = (double)tokens * layers;
        var imbalance = LoadImbalance.Summarize(pass.Ratios);
        var dimensions = slice.Trace.Model.Dimensions;
        var gatheredOnce = options.Residency == Residency.Coherent ? (Int128)tokens * slice.Trace.Model.HiddenLayers : 0;
        return new PlacementMeasures(
            tokens,
            pairs == 0 ? null : (double)ExchangeTally.Sum(tally.GpuCrossings) / pairs,
            pairs == 0 ? null : (double)ExchangeTally.Sum(tally.NodeCrossings) / pairs,
            (dispatch + combine) / cells,
            (tally.Dispatch.NodeCopies + tally.Combine.NodeCopies) / cells,
            dimensions is null ? null : Product(dispatch, dimensions.HiddenStateBytes),
            dimensions is null ? null : Product(combine, dimensions.HiddenStateBytes),
            dimensions is null ? null : Product(gatheredOnce * (cluster.Ranks - 1), dimensions.KeyValueBytesPerTokenLayer),
            imbalance.Mean,
            imbalance.P95,
            imbalance.Max,
            null,
            null)
        {
            InterNodeBytes = dimensions is null ? null : Sum(
                Product(tally.Dispatch.InterNodeCopies() + tally.Combine.InterNodeCopies(), dimensions.HiddenStateBytes),
                Product(gatheredOnce * (cluster.Ranks - cluster.RanksPerNode), dimensions.KeyValueBytesPerTokenLayer)),
        };
    }

    private static PlacementDetail Describe(RoutingPass pass, TraceSlice slice, ExpertPlacement placement)
    {
        var (layers, ranks, tally) = (slice.Trace.Layers, placement.Ranks, pass.Tally);
        var loads = new ImmutableArray<long>[layers];
        var crossings = new double[slice.Trace.HasTopOne ? layers - 1 : 0];
        var copies = new double[layers];
        var rankOf = new ImmutableArray<int>[layers];
        for (var layer = 0; layer < layers; layer++)
        {
            loads[layer] = [.. pass.RankLoads.AsSpan(layer * ranks, ranks)];
            copies[layer] = (double)(tally.Dispatch.RankCopies(layer) + tally.Combine.RankCopies(layer)) / slice.Tokens;
            if (layer > 0 && crossings.Length > 0)
                crossings[layer - 1] = tally.Pairs[layer] == 0 ? 0 : (double)tally.GpuCrossings[layer] / tally.Pairs[layer];
            var lowest = new int[placement.Experts];
            for (var expert = 0; expert < lowest.Length; expert++)
                lowest[expert] = placement.RanksOf(new LayerId(layer), new ExpertId(expert))[0];
            rankOf[layer] = [.. lowest];
        }
        return new PlacementDetail(
            [.. loads], [.. crossings], [.. copies], [.. rankOf], RemainingCrossings.ByLayer(tally, slice.Trace.HasTopOne),
            RedundantSlots(placement));
    }

    private static void CopyTo(ExchangeTally from, ExchangeCopies to)
    {
        for (var i = 0; i < from.TokenSideIntraNode.Length; i++)
        {
            to.TokenSideIntraNode[i] = from.TokenSideIntraNode[i];
            to.TokenSideInterNode[i] = from.TokenSideInterNode[i];
            to.ExpertSideIntraNode[i] = from.ExpertSideIntraNode[i];
            to.ExpertSideInterNode[i] = from.ExpertSideInterNode[i];
        }
    }

    // No trace that fits a disk comes near the limit with a model that exists; one made up shall not overflow.
    private static long Product(Int128 count, long bytes) => (long)Int128.Min(count * bytes, long.MaxValue);

    private static long Sum(long a, long b) => (long)Int128.Min((Int128)a + b, long.MaxValue);
}
