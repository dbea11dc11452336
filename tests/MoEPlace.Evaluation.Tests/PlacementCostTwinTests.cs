using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Evaluation.Tests;

public sealed class PlacementCostTwinTests
{
    private const int Cases = 600;

    [Fact]
    public void Measures_equal_those_of_the_slow_judge()
    {
        for (var seed = 1; seed <= Cases; seed++)
        {
            using var given = new RandomCase(seed);
            var expected = new SlowJudge(given).Measures();
            var actual = given.Evaluate().Measures;
            Same(expected, actual, $"seed {seed}, {given.Options}");
        }
    }

    [Fact]
    public void Aggregates_equal_those_of_the_slow_judge()
    {
        for (var seed = 1; seed <= Cases; seed++)
        {
            using var given = new RandomCase(seed);
            var slow = new SlowJudge(given);
            var pass = PlacementCost.Run(given.Slice(), given.Placement, given.Cluster, given.Options, 2);
            var a = PlacementCost.Aggregate(pass, given.Slice(), given.Placement, given.Cluster, given.Options);
            for (var i = 0; i < a.ExpertPairs.Length; i++)
            {
                var (layer, rank) = (i / a.Ranks, i % a.Ranks);
                Assert.True(slow.Loads.GetValueOrDefault((layer, rank)) == a.ExpertPairs[i], $"seed {seed}: load {layer}, {rank}");
                Port("dispatch token intra", a.Dispatch.TokenSideIntraNode[i]);
                Port("dispatch token inter", a.Dispatch.TokenSideInterNode[i]);
                Port("dispatch expert intra", a.Dispatch.ExpertSideIntraNode[i]);
                Port("dispatch expert inter", a.Dispatch.ExpertSideInterNode[i]);
                Port("combine token intra", a.Combine.TokenSideIntraNode[i]);
                Port("combine token inter", a.Combine.TokenSideInterNode[i]);
                Port("combine expert intra", a.Combine.ExpertSideIntraNode[i]);
                Port("combine expert inter", a.Combine.ExpertSideInterNode[i]);
                var activated = slow.Served.Where(s => s.Key.Layer == layer && s.Key.Rank == rank)
                    .Sum(s => 1 - Math.Pow(1 - (double)s.Value / slow.Tokens, given.Options.TokensPerStep));
                Assert.Equal(given.Test.Model.Dimensions is null ? 0 : activated, a.ActivatedExperts[i], 1e-9);

                void Port(string port, double copies) =>
                    Assert.True(slow.Ports.GetValueOrDefault((layer, rank, port)) == copies, $"seed {seed}: {port} {layer}, {rank}");
            }
            for (var i = 0; i < a.ResidentTokens.Length; i++)
                Assert.True(slow.Resident.GetValueOrDefault((i / a.Ranks, i % a.Ranks)) == a.ResidentTokens[i], $"seed {seed}: {i}");
        }
    }

    [Fact]
    public void Threads_change_nothing()
    {
        for (var seed = 1; seed <= 12; seed++)
        {
            using var given = new RandomCase(seed, tokens: 6000);
            var one = PlacementCost.Run(given.Slice(), given.Placement, given.Cluster, given.Options, 1);
            foreach (var threads in new[] { 2, 5, 16 })
            {
                var many = PlacementCost.Run(given.Slice(), given.Placement, given.Cluster, given.Options, threads);
                Assert.Equal(one.RankLoads, many.RankLoads);
                Assert.Equal(one.ReplicaLoads, many.ReplicaLoads);
                Assert.Equal(one.Ratios, many.Ratios);
                Assert.Equal(one.Tally.GpuCrossings, many.Tally.GpuCrossings);
                Assert.Equal(one.Tally.Resident, many.Tally.Resident);
                Assert.Equal(one.Tally.Dispatch.NodeCopies, many.Tally.Dispatch.NodeCopies);
                Assert.Equal(one.Tally.Combine.ExpertSideInterNode, many.Tally.Combine.ExpertSideInterNode);
            }
        }
    }

    [Fact]
    public void Several_blocks_and_threads_still_equal_the_slow_judge()
    {
        for (var seed = 100; seed < 106; seed++)
        {
            using var given = new RandomCase(seed, tokens: 9000);
            Same(new SlowJudge(given).Measures(), given.Evaluate().Measures, $"seed {seed}, {given.Options}");
        }
    }

    internal static void Same(PlacementMeasures expected, PlacementMeasures actual, string what)
    {
        Close(expected.GpuCrossingFraction, actual.GpuCrossingFraction, "gpuCrossingFraction");
        Close(expected.NodeCrossingFraction, actual.NodeCrossingFraction, "nodeCrossingFraction");
        Close(expected.RankCopiesPerTokenLayer, actual.RankCopiesPerTokenLayer, "rankCopiesPerTokenLayer");
        Close(expected.NodeCopiesPerTokenLayer, actual.NodeCopiesPerTokenLayer, "nodeCopiesPerTokenLayer");
        Close(expected.ImbalanceMean, actual.ImbalanceMean, "imbalanceMean");
        Close(expected.ImbalanceP95, actual.ImbalanceP95, "imbalanceP95");
        Close(expected.ImbalanceMax, actual.ImbalanceMax, "imbalanceMax");
        Assert.True(expected.Tokens == actual.Tokens, $"tokens of {what}");
        Assert.True(expected.DispatchBytes == actual.DispatchBytes, $"dispatch {expected.DispatchBytes} {actual.DispatchBytes} of {what}");
        Assert.True(expected.CombineBytes == actual.CombineBytes, $"combineBytes {expected.CombineBytes} {actual.CombineBytes} of {what}");
        Assert.True(expected.ContextBytes == actual.ContextBytes, $"contextBytes {expected.ContextBytes} {actual.ContextBytes} of {what}");
        Assert.True(expected.InterNodeBytes == actual.InterNodeBytes, $"interNodeBytes {expected.InterNodeBytes} {actual.InterNodeBytes} of {what}");

        void Close(double? a, double? b, string name) =>
            Assert.True(a.HasValue == b.HasValue && (a is null || Math.Abs(a.Value - b!.Value) < 1e-9), $"{name} {a} {b} of {what}");
    }
}
