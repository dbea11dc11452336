using MoEPlace.Placement.Bounds;
using MoEPlace.Placement.Tests.Affinity;
using Xunit;

namespace MoEPlace.Placement.Tests.Bounds;

public sealed class TeamBoundTests
{
    [Theory]
    [InlineData(6, 2, 2)]
    [InlineData(8, 2, 2)]
    [InlineData(8, 2, 3)]
    [InlineData(9, 3, 2)]
    public void No_division_keeps_more_than_teams_allow(int experts, int parts, int size)
    {
        for (var seed = 0; seed < (experts > 8 ? 3 : 20); seed++)
        {
            var random = new SeedStream(seed, "teams");
            var chain = RandomChain.Draw(random, 2, experts, parts, 1, together: false);
            var best = RandomChain.BestKept(chain) / chain.RankWeight;
            var teams = SubsetList.Of(new long[experts], size, long.MaxValue);
            foreach (var side in new[] { chain.Transitions[0], chain.Reversed[0] })
            {
                var bound = new TeamBound(side, experts, experts / parts, teams);
                for (var steps = 0; steps < 60; steps += 20)
                {
                    bound.Run(20, () => false);
                    Assert.True(bound.Kept >= best - 1e-9, $"seed {seed}: {bound.Kept} below {best}");
                }
            }
        }
    }

    [Fact]
    public void Teams_of_a_whole_part_know_all_and_larger_teams_know_more()
    {
        var (won, cases) = (0, 20);
        for (var seed = 0; seed < cases; seed++)
        {
            var chain = RandomChain.Draw(new SeedStream(seed, "larger teams"), 2, 8, 2, 1, together: false);
            double[] kept = [.. new[] { 1, 2, 3, 4 }.Select(size =>
            {
                var bound = new TeamBound(chain.Transitions[0], 8, 4, SubsetList.Of(new long[8], size, long.MaxValue));
                bound.Run(400, () => false);
                return bound.Kept;
            })];
            var best = RandomChain.BestKept(chain) / (double)chain.RankWeight;
            Assert.All(kept, k => Assert.InRange(k, best - 1e-9, double.MaxValue));
            won += kept[3] < kept[0] && kept[2] < kept[0] ? 1 : 0;
            Assert.InRange(kept[3], best - 1e-9, best * 1.1 + 1);
        }
        Assert.True(won >= cases * 3 / 4, $"{won} of {cases}");
    }

    [Fact]
    public void A_tier_whose_sets_are_too_many_is_bounded_by_teams()
    {
        var random = new SeedStream(1, "large tier");
        var chain = RandomChain.Draw(random, 3, 40, 4, 1, together: false);
        var tier = new TierBound(chain, () => false);
        var (partners, told) = (tier.Crossings, 0);
        tier.Tighten(2, () => false, 1, () => told++);
        Assert.True(told > 0 && tier.Crossings > partners, $"{tier.Crossings} after {partners}");
    }
}
