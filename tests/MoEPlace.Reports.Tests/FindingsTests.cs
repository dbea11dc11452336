using MoEPlace.Reports.Figures;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Reports.Tests;

public sealed class FindingsTests
{
    private const char Nb = '\u00A0';

    [Theory]
    [InlineData(0.884, 0.431, "affinity sends 43 % of top-1 transitions across GPUs, contiguous 88 %")]
    [InlineData(0.4312, 0.4309, "affinity sends 43.09 % of top-1 transitions across GPUs, contiguous 43.12 %")]
    [InlineData(0.434, 0.431, "affinity sends 43.1 % of top-1 transitions across GPUs, contiguous 43.4 %")]
    [InlineData(0.43100001, 0.431, "affinity and contiguous both send 43 % of top-1 transitions across GPUs")]
    [InlineData(0.431, 0.884, "No placement crosses GPUs less than contiguous: it sends 43 % of top-1 transitions across GPUs")]
    [InlineData(0.431, 0.431, "No placement crosses GPUs less than contiguous: it sends 43 % of top-1 transitions across GPUs")]
    public void Crossing_is_told_of_the_best_and_the_baseline(double baseline, double affinity, string expected) =>
        Assert.Equal(expected.Replace(" %", Nb + "%"), Findings.Crossing(Two(baseline, affinity)));

    [Fact]
    public void Crossing_of_one_placement_is_told_alone() =>
        Assert.Equal($"contiguous sends 90{Nb}% of top-1 transitions across GPUs",
            Findings.Crossing(MadeUp.Section(MadeUp.Result(["contiguous"]))));

    [Fact]
    public void An_unknown_baseline_is_said_to_be_unknown() =>
        Assert.Equal($"affinity sends 40{Nb}% of top-1 transitions across GPUs; for contiguous it is unknown",
            Findings.Crossing(Two(null, 0.4)));

    [Theory]
    [InlineData(1.05, 1.32, "The busiest GPU of the worst layer carries 1.05 times the mean load with affinity, 1.32 times with contiguous")]
    [InlineData(2.10, 1.32, "The busiest GPU of the worst layer carries 2.10 times the mean load with affinity, 1.32 times with contiguous")]
    [InlineData(1.321, 1.32, "With affinity as with contiguous, the busiest GPU of the worst layer carries 1.32 times the mean load")]
    public void Load_is_told_even_where_the_best_placement_is_worse(double after, double before, string expected) =>
        Assert.Equal(expected, Findings.Load(Two(0.9, 0.4), after, before));

    [Theory]
    [InlineData(0.58, 0.12, "Between layers 3 and 4, affinity keeps 58 % of top-1 transitions on their GPU, contiguous 12 %")]
    [InlineData(0.12, 0.12, "Between layers 3 and 4, affinity and contiguous both keep 12 % of top-1 transitions on their GPU")]
    public void Affinity_is_told_of_two_layers(double after, double before, string expected) =>
        Assert.Equal(expected.Replace(" %", Nb + "%"), Findings.Affinity(Two(0.9, 0.4), 3, after, before));

    [Theory]
    [InlineData(5.9, 5, 4.8, "affinity makes the fewest copies to other GPUs: 4.80 per token and layer, contiguous 5.90")]
    [InlineData(5.9, 4.5, 4.8, "eplb makes the fewest copies to other GPUs: 4.50 per token and layer, contiguous 5.90, affinity 4.80")]
    [InlineData(4.5, 5.9, 4.8, "contiguous makes the fewest copies to other GPUs: 4.50 per token and layer, eplb 5.90, affinity 4.80")]
    [InlineData(4.8, 4.8, 4.8, "All placements make equally many copies to other GPUs: 4.80 per token and layer")]
    [InlineData(4.801, 9, 4.8, "affinity and contiguous make the fewest copies to other GPUs: 4.80 per token and layer, eplb 9.00")]
    public void Copies_name_the_winner_whoever_it_is(double contiguous, double eplb, double affinity, string expected)
    {
        var result = MadeUp.Result(["contiguous", "eplb", "affinity"]);
        foreach (var (value, i) in new[] { contiguous, eplb, affinity }.Select((v, i) => (v, i)))
            result = result.Measured(i, m => m with { RankCopiesPerTokenLayer = value });
        var section = MadeUp.Section(result);
        Assert.Equal(expected, Findings.Copies(section, section.Placements));
    }

    [Theory]
    [InlineData(1.0, 0.9, 1.3, 0.4, "Less traffic costs evenness: affinity crosses 40 at imbalance 1.30, contiguous crosses 90 at 1.00")]
    [InlineData(1.3, 0.9, 1.0, 0.4, "affinity is at once the most even (imbalance 1.00) and the one that crosses 40, the least")]
    [InlineData(1.3, 0.9, 1.3001, 0.4, "affinity is at once the most even (imbalance 1.30) and the one that crosses 40, the least")]
    [InlineData(1.0, 0.4001, 1.3, 0.4, "contiguous is at once the most even (imbalance 1.00) and the one that crosses 40, the least")]
    [InlineData(1.0, 0.4, 1.0, 0.4, "contiguous and affinity are equally even (imbalance 1.00) and each crosses 40")]
    public void Trade_off_names_both_ends(double x0, double y0, double x1, double y1, string expected)
    {
        var p = Two(0.9, 0.4).Placements;
        Assert.Equal(expected, Findings.TradeOff([(p[0], x0, y0), (p[1], x1, y1)], t => [.. t.Select(v => $"{v * 100:0}")], told =>
            "crosses " + told));
    }

    [Theory]
    [InlineData(new long[] { 60, 140 }, new long[] { 20, 10 },
        "Layer 1 → 2 alone makes 70 % of what still crosses with affinity, the 2 heaviest pairs of experts 15 %")]
    [InlineData(new long[] { 200, 0 }, new long[] { 20 },
        "All that still crosses with affinity is between layers 0 and 1, the heaviest pair of experts 10 %")]
    [InlineData(new long[] { 7, 193 }, new long[0], "Layer 1 → 2 alone makes 96 % of what still crosses with affinity")]
    public void What_remains_is_told_of_the_worst_layer_and_the_heaviest_pairs(long[] byLayer, long[] pairs, string expected)
    {
        var remaining = new RemainingTraffic(
            [1000, 1000], [.. byLayer], [0, 0], [.. pairs.Select(tokens => new CrossingPair(0, 0, 0, tokens, 0, 1))]);
        Assert.Equal(expected.Replace(" %", Nb + "%"), Findings.Remaining(Two(0.9, 0.4), remaining, 200, remaining.HeaviestPairs));
    }

    [Theory]
    [InlineData(100, 95.16, "The best placement, affinity, is proven: no other can be more than 4.9 % lower on the train split")]
    [InlineData(100, 95.2, "The best placement, affinity, is proven: no other can be more than 4.8 % lower on the train split")]
    [InlineData(100, 100.0, "The best placement, affinity, is proven optimal on the train split")]
    [InlineData(100, 99.99, "The best placement, affinity, is proven: no other can be more than 0.1 % lower on the train split")]
    [InlineData(100, null, "contiguous is proven: no other can be more than 50.0 % lower on the train split")]
    public void A_gap_is_never_told_smaller_than_it_is(double objective, double? bound, string expected)
    {
        var section = Two(0.9, 0.4);
        SolveCurve[] curves =
        [
            new(section.Placements[0], [new(1, 100, 50)]),
            new(section.Placements[1], [new(0, null, 1), new(2, objective, bound)]),
        ];
        Assert.Equal(expected.Replace(" %", Nb + "%"), Findings.Bound(section, curves));
    }

    [Fact]
    public void Without_any_bound_that_is_said()
    {
        var section = Two(0.9, 0.4);
        Assert.Equal(
            $"affinity searched for 2.00{Nb}s without a bound: how far it is from the optimum is not known",
            Findings.Bound(section, [new(section.Placements[1], [new(0, 5, null), new(2, 4, null)])]));
    }

    [Fact]
    public void The_best_is_the_lowest_crossing_else_copies_else_imbalance()
    {
        var result = MadeUp.Result(["a", "b", "c"]);
        Assert.Equal(("c", "lowest GPU crossing"), Best(result));
        Assert.Equal(("b", "lowest GPU crossing"), Best(result.Measured(2, m => m with { GpuCrossingFraction = null })));
        var blind = result;
        for (var i = 0; i < 3; i++)
            blind = blind.Measured(i, m => m with { GpuCrossingFraction = null });
        Assert.Equal(("a", "fewest copies to other GPUs; GPU crossing is unknown"),
            Best(blind.Measured(0, m => m with { RankCopiesPerTokenLayer = 1 })));
        for (var i = 0; i < 3; i++)
            blind = blind.Measured(i, m => m with { RankCopiesPerTokenLayer = null, ImbalanceMean = 3 - i % 2 });
        Assert.Equal(("b", "lowest mean imbalance; GPU crossing and copies are unknown"), Best(blind));

        static (string, string) Best(ResultFile result)
        {
            var section = MadeUp.Section(result);
            return (section.Best.Name, section.BestBecause);
        }
    }

    private static ReportSection Two(double? baseline, double? affinity) => MadeUp.Section(
        MadeUp.Result(["contiguous", "affinity"]).Measured(0, m => m with { GpuCrossingFraction = baseline })
            .Measured(1, m => m with { GpuCrossingFraction = affinity }));
}
