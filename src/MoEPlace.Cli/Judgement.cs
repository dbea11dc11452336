using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using MoEPlace.Evaluation;
using MoEPlace.Results;
using MoEPlace.Traces;

namespace MoEPlace.Cli;

/// <summary>Turns evaluations into results: what is printed with <c>--json</c> and what is written for the report.</summary>
internal static class Judgement
{
    /// <summary>Judges a placement by what the recording tells, down to the pairs of experts that still cross.</summary>
    /// <param name="slice">The tokens; null where the recording has none, so that only load can be told.</param>
    /// <param name="counts">The same, counted.</param>
    /// <param name="placement">The map.</param>
    /// <param name="model">The model of the recording.</param>
    /// <param name="cluster">Nodes, ranks, device and links.</param>
    /// <param name="options">Conditions.</param>
    /// <param name="before">The placement in force; null without.</param>
    public static PlacementEvaluation Of(
        TraceSlice? slice, RoutingCounts counts, ExpertPlacement placement, MoEModel model, Cluster cluster, EvaluationOptions options,
        ExpertPlacement? before)
    {
        if (slice is null)
            return ByLoad(placement, counts, model, before);
        var judged = PlacementCost.Evaluate(slice, placement, cluster, options, before);
        if (judged.Detail.Remaining is not { } remaining)
            return judged;
        remaining = remaining with { HeaviestPairs = RemainingCrossings.HeaviestPairs(counts, placement) };
        return judged with { Detail = judged.Detail with { Remaining = remaining } };
    }

    /// <summary>The measures with the names that a result file gives them, for more keys to be added.</summary>
    public static JsonObject ToJson(PlacementMeasures measures) =>
        (JsonObject)JsonSerializer.SerializeToNode(measures, StrictJson.Options)!;

    /// <summary>A result file.</summary>
    public static ResultFile ToResult(
        Recording recording,
        TraceSplit split,
        Residency residency,
        Cluster cluster,
        RoutingCounts counts,
        IEnumerable<PlacementResult> placements) =>
        new(
            ResultFile.FormatName,
            recording.Model.Name,
            recording.Origin,
            recording.Source,
            recording.Digest,
            split.ToString().ToLowerInvariant(),
            residency.ToString().ToLowerInvariant(),
            cluster.Name,
            cluster.Nodes,
            cluster.RanksPerNode,
            [.. placements],
            Affinity(counts));

    /// <summary>The measures of a recording without tokens: only load can be told.</summary>
    private static PlacementEvaluation ByLoad(ExpertPlacement placement, RoutingCounts counts, MoEModel model, ExpertPlacement? before)
    {
        var imbalance = LoadImbalance.Of(placement, counts.AllLoad);
        long? migration = before is null ? null : PlacementCost.MigratedExperts(before, placement) * model.Dimensions?.ExpertBytes;
        var measures = new PlacementMeasures(
            0, null, null, null, null, null, null, null, imbalance.Mean, imbalance.P95, imbalance.Max, null, null, migration);
        var loads = new double[placement.Ranks];
        var byLayer = Enumerable.Range(0, placement.Layers).Select(layer =>
        {
            LoadImbalance.RankLoads(placement, new LayerId(layer), counts.Load(layer), loads);
            return loads.Select(l => (long)Math.Round(l)).ToList();
        });
        var ranks = Enumerable.Range(0, placement.Layers).Select(layer =>
            Enumerable.Range(0, placement.Experts).Select(e => placement.RanksOf(new LayerId(layer), new ExpertId(e))[0]));
        var detail = new PlacementDetail(
            [.. byLayer.Select(l => (ImmutableArray<long>)[.. l])], [], [], [.. ranks.Select(r => (ImmutableArray<int>)[.. r])], null,
            PlacementCost.RedundantSlots(placement));
        return new PlacementEvaluation(measures, detail, null);
    }

    /// <summary>
    /// The adjacent layers whose transitions are most concentrated: the largest share on each expert's heaviest successor.
    /// </summary>
    private static LayerAffinity? Affinity(RoutingCounts counts)
    {
        if (!counts.HasTransitions || counts.Layers < 2)
            return null;
        var n = counts.Experts;
        var best = Enumerable.Range(0, counts.Layers - 1).MaxBy(layer =>
        {
            var (heaviest, all) = (0L, 0L);
            for (var e = 0; e < n; e++)
            {
                var row = counts.Transitions(layer).Slice(e * n, n);
                var most = 0L;
                foreach (var count in row)
                {
                    most = Math.Max(most, count);
                    all += count;
                }
                heaviest += most;
            }
            return (double)heaviest / Math.Max(1, all);
        });
        return new LayerAffinity(best, [.. Enumerable.Range(0, n).Select(e =>
            (ImmutableArray<long>)[.. counts.Transitions(best).Slice(e * n, n)])]);
    }
}
