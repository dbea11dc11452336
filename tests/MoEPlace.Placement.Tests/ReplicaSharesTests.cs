using MoEPlace.Evaluation;
using MoEPlace.Placement.Solvers;
using Xunit;

namespace MoEPlace.Placement.Tests;

public sealed class ReplicaSharesTests
{
    [Fact]
    public void Splits_load_as_the_linear_program_does()
    {
        var random = new SeedStream(5, "replica shares");
        for (var round = 0; round < 40; round++)
        {
            var (ranks, experts) = (2 + random.Next(4), 3 + random.Next(6));
            long[] load = [.. Enumerable.Range(0, experts).Select(_ => (long)random.Next(1000))];
            double[] speed = [.. Enumerable.Range(0, ranks).Select(_ => round % 2 == 0 ? 1 : 0.5 + random.NextDouble())];
            var (start, rankOf) = RandomReplicas(random, experts, ranks);
            var share = new double[rankOf.Length];
            var busiest = ReplicaShares.Split(load, start, rankOf, speed, share);
            var rankLoad = new double[ranks];
            for (var e = 0; e < experts; e++)
            {
                Assert.Equal(1, share[start[e]..start[e + 1]].Sum(), 1e-9);
                for (var r = start[e]; r < start[e + 1]; r++)
                    rankLoad[rankOf[r]] += share[r] * load[e];
            }
            Assert.All(share, s => Assert.InRange(s, 0, 1 + 1e-12));
            Assert.Equal(busiest, Enumerable.Range(0, ranks).Max(r => rankLoad[r] / speed[r]), 1e-6 * busiest + 1e-9);
            Assert.True(Math.Abs(busiest - Program(load, start, rankOf, speed)) <= 1e-5 * busiest + 1e-6, $"round {round}: {busiest}");
        }
    }

    [Fact]
    public void An_expert_everywhere_fills_the_valleys()
    {
        // Expert 0 of load 6 on all three ranks; the others, 1, 2 and 3, on one each: all ranks come to 4.
        var share = new double[6];
        var busiest = ReplicaShares.Split([6, 1, 2, 3], [0, 3, 4, 5, 6], [0, 1, 2, 0, 1, 2], [1, 1, 1], share);
        Assert.Equal(4, busiest, 1e-9);
        Assert.Equal([3 / 6.0, 2 / 6.0, 1 / 6.0], share[..3], (a, b) => Math.Abs(a - b) < 1e-9);
    }

    private static (int[] Start, int[] RankOf) RandomReplicas(SeedStream random, int experts, int ranks)
    {
        var start = new int[experts + 1];
        var rankOf = new List<int>();
        for (var e = 0; e < experts; e++)
        {
            var order = Enumerable.Range(0, ranks).ToArray();
            random.Shuffle<int>(order);
            rankOf.AddRange(order.Take(1 + random.Next(ranks)).Order());
            start[e + 1] = rankOf.Count;
        }
        return (start, [.. rankOf]);
    }

    private static double Program(long[] load, int[] start, int[] rankOf, double[] speed)
    {
        var builder = new IntegerProgramBuilder();
        var z = builder.AddColumn(0, double.PositiveInfinity, 1, whole: false);
        int[] x = [.. rankOf.Select(_ => builder.AddColumn(0, 1, 0, whole: false))];
        for (var e = 0; e < load.Length; e++)
            builder.AddRow(1, 1, x.AsSpan(start[e]..start[e + 1]), [.. Enumerable.Repeat(1.0, start[e + 1] - start[e])]);
        for (var rank = 0; rank < speed.Length; rank++)
        {
            int[] here = [.. Enumerable.Range(0, rankOf.Length).Where(r => rankOf[r] == rank)];
            builder.AddRow(
                double.NegativeInfinity, 0, [z, .. here.Select(r => x[r])],
                [-speed[rank], .. here.Select(r => (double)load[Array.FindLastIndex(start, s => s <= r)])]);
        }
        return new CbcSolver().Solve(builder.Build(), new IntegerSolverOptions(), TestContext.Current.CancellationToken).Objective!.Value;
    }
}
