using System.Collections.Immutable;
using MoEPlace.Results;

namespace MoEPlace.Reports.Tests;

/// <summary>Results with made-up numbers, the same for the same arguments.</summary>
internal static class MadeUp
{
    internal static readonly string[] SevenPolicies = ["contiguous", "round-robin", "random", "eplb", "exflow", "moetuner", "affinity"];

    internal static ResultFile Result(
        IReadOnlyList<string>? policies = null, int layers = 4, int experts = 16, int nodes = 2, int ranksPerNode = 4,
            string origin = "measured",
        bool topOne = true, string model = "made-up", long seed = 1)
    {
        var random = new SeedStream(seed, "made-up");
        var ranks = nodes * ranksPerNode;
        var transitions = Rows(experts, experts, () => (long)random.Next(50));
        policies ??= SevenPolicies;
        return new ResultFile(
            ResultFile.FormatName, model, origin, "a made-up trace", new string('a', 64), "test", "home", "h100-8", nodes, ranksPerNode,
            [.. policies.Select((policy, i) => Placement(policy, 0.9 - 0.05 * i, layers, experts, ranks, topOne, random)
                .WithSearch(i, layers, ranksPerNode))],
            topOne && layers > 1 ? new LayerAffinity(layers - 2, transitions) : null);
    }

    internal static PlacementResult Placement(string policy, double crossing, int layers, int experts, int ranks, bool topOne,
        SeedStream random) => new(
        policy, policy, 1, null,
        new SolveSummary(SolveStatus.Feasible, "crossing", 1234.5, null, null, 10, "nothing moved", []), 0.25,
        new PlacementMeasures(
            1000, topOne ? crossing : null, topOne ? crossing / 2 : null, 4 + crossing, 1 + crossing, 1_234_567, 1_234_567, 0,
            1.1 + random.NextDouble(), 1.5, 2.5, 0.000123, 80_000_000_000),
        new PlacementDetail(
            Rows(layers, ranks, () => 100L + random.Next(100)),
            topOne ? [.. Enumerable.Range(0, layers - 1).Select(_ => random.NextDouble())] : [],
            [.. Enumerable.Range(0, layers).Select(_ => random.NextDouble() * 8)],
            [.. Enumerable.Range(0, layers).Select(_ => Shuffled(experts, ranks, random))]),
        "train");

    /// <summary>Adds what newer results tell: a search over time, what still crosses, redundant slots, time and memory of the run.</summary>
    internal static PlacementResult WithSearch(this PlacementResult placement, int number, int layers, int ranksPerNode)
    {
        var rankOf = placement.Detail.RankOfExpert;
        var objective = placement.Solve!.Objective;
        long[] gpu = [.. Enumerable.Range(0, layers - 1).Select(layer => 300L + 10 * number - 7 * layer)];
        var pairs =
            from layer in Enumerable.Range(0, layers - 1)
            from a in Enumerable.Range(0, rankOf[layer].Length)
            let b = (a + layer + number) % rankOf[layer].Length
            let tokens = 30L - layer
            where rankOf[layer][a] != rankOf[layer + 1][b]
            orderby tokens descending, layer, a, b
            select new CrossingPair(layer, a, b, tokens, rankOf[layer][a], rankOf[layer + 1][b]);
        var bound = objective * (0.9 - 0.01 * number);
        return placement with
        {
            Solve = placement.Solve with { Bound = bound, Gap = (objective - bound) / objective },
            Trajectory =
            [
                new(0, objective * 1.5, null), new(0.05, objective * 1.2, objective * 0.5), new(0.1, objective, null),
                new(0.2, null, bound),
            ],
            RunSeconds = 1.5,
            PeakMemoryBytes = 123_456_789,
            OtherResidency = placement.Measures with { RankCopiesPerTokenLayer = 3.75 },
            Detail = placement.Detail with
            {
                RedundantSlotsPerLayer = number == 1 ? 8 : 0,
                Remaining = placement.Detail.GpuCrossingByLayer.IsEmpty
                    ? null
                    : new RemainingTraffic(
                        [.. gpu.Select(_ => 1000L)], [.. gpu], [.. gpu.Select(tokens => ranksPerNode == 1 ? tokens : tokens / 3)],
                        [.. pairs.Take(24)]),
            },
        };
    }

    internal static ResultFile With(this ResultFile result, int placement, Func<PlacementResult, PlacementResult> change) =>
        result with { Placements = result.Placements.SetItem(placement, change(result.Placements[placement])) };

    internal static ResultFile Measured(this ResultFile result, int placement, Func<PlacementMeasures, PlacementMeasures> change) =>
        result.With(placement, p => p with { Measures = change(p.Measures) });

    internal static ReportSection Section(ResultFile result) => new(result, 1, true, new PolicyColors([result]));

    private static ImmutableArray<int> Shuffled(int experts, int ranks, SeedStream random)
    {
        var rankOfExpert = Enumerable.Range(0, experts).Select(e => e * ranks / experts).ToArray();
        random.Shuffle<int>(rankOfExpert);
        return [.. rankOfExpert];
    }

    private static ImmutableArray<ImmutableArray<long>> Rows(int rows, int columns, Func<long> next) =>
        [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, columns).Select(_ => next()).ToImmutableArray())];
}
