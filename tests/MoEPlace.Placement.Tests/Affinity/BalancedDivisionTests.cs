using MoEPlace.Placement.Affinity;
using Xunit;

namespace MoEPlace.Placement.Tests.Affinity;

public sealed class BalancedDivisionTests
{
    [Fact]
    public void Stands_between_its_lower_bound_and_the_best_by_brute_force()
    {
        var best = 0;
        for (var seed = 1; seed <= 200; seed++)
        {
            var random = new SeedStream(seed, "balance");
            var parts = 2 + random.Next(2);
            var weight = Enumerable.Range(0, 6).Select(_ => (long)Math.Pow(10, 3 * random.NextDouble())).ToArray();
            var partOf = new int[6];
            int[] capacityOf = [.. Enumerable.Repeat(6 / parts, parts)];
            double[] speedOf = [.. Enumerable.Repeat(1.0, parts)];
            var reached = BalancedDivision.Divide(weight, capacityOf, speedOf, 0, random, partOf);
            var least = RandomChain.LayerDivisions(6, parts).Min(d => Heaviest(weight, d, parts));
            Assert.Equal(Heaviest(weight, partOf, parts), reached);
            Assert.True(BalancedDivision.LowerBound(weight, capacityOf, speedOf) <= least, $"seed {seed}: the bound is above the best");
            Assert.True(reached >= least, $"seed {seed}");
            best += reached == least ? 1 : 0;
        }
        Assert.Equal(200, best);
    }

    [Fact]
    public void Stops_at_what_is_good_enough()
    {
        long[] weight = [9, 7, 5, 3, 2, 1, 1, 1];
        var partOf = new int[8];
        Assert.InRange(BalancedDivision.Divide(weight, [4, 4], [1, 1], 20, new SeedStream(1, "balance"), partOf), 15, 20);
    }

    private static long Heaviest(long[] weight, int[] partOf, int parts) =>
        Enumerable.Range(0, parts).Max(p => weight.Where((_, i) => partOf[i] == p).Sum());
}
