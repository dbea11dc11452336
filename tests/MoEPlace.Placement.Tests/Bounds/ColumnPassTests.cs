using MoEPlace.Placement.Bounds;
using MoEPlace.Placement.Tests.Affinity;
using Xunit;

namespace MoEPlace.Placement.Tests.Bounds;

public sealed class ColumnPassTests
{
    [Theory]
    [InlineData(6, 6, 10)]
    [InlineData(6, 3, 10)]
    [InlineData(6, 2, 10)]
    [InlineData(8, 2, 4)]
    [InlineData(12, 3, 1)]
    public void The_exact_pass_finds_the_best_column_and_the_best_through_each_set(int experts, int parts, int seeds)
    {
        for (var seed = 0; seed < seeds; seed++)
        {
            var random = new SeedStream(seed, "columns");
            var columns = ColumnChain.OfCrossing(RandomChain.Draw(random, 4, experts, parts, 1, false, limit: seed % 2 == 0 ? null : 1.3));
            if (columns.Sets.Any(s => s.Count == 0))
                continue;
            var pass = new ExactPass(columns, () => false);
            var known = columns.Restrict([.. columns.Sets.Select(s => Enumerable.Range(0, s.Count).Where(i => i % 2 == 0).ToArray())]);
            for (var round = 0; round < 4; round++)
            {
                var prices = Enumerable.Range(0, 4 * experts).Select(i => (i * 7919 % 40 + random.Next(1 + round)) * 16).ToArray();
                var slow = SlowThrough(columns, prices);
                var best = pass.Best(prices, round == 0 ? null : known);
                Assert.Equal(slow.Max(t => t.Max()), best);
                for (var l = 0; l < 4; l++)
                    for (var s = 0; s < slow[l].Length; s++)
                    {
                        var leftOut = round > 0 && pass.Through[l][s] < slow[l][s] && slow[l][s] < best;
                        Assert.True(pass.Through[l][s] == slow[l][s] || leftOut, $"seed {seed}, layer {l}, set {s}");
                    }
            }
        }
    }

    [Theory]
    [InlineData(6, 3, 500)]
    [InlineData(6, 2, 60)]
    [InlineData(5, 5, 8)]
    public void The_smoothed_dual_and_its_gradient_equal_sums_over_all_columns(int experts, int parts, double temperature)
    {
        for (var seed = 0; seed < 5; seed++)
        {
            var random = new SeedStream(seed, "smooth");
            var columns = ColumnChain.OfCrossing(RandomChain.Draw(random, 3, experts, parts, 1, false));
            var soft = new SoftPass(columns);
            soft.Cool(temperature);
            for (var round = 0; round < 3; round++)
            {
                var prices = Enumerable.Range(0, 3 * experts).Select(_ => random.NextDouble() * 500 * (round + 1)).ToArray();
                var gradient = new double[prices.Length];
                var value = soft.Evaluate(prices, gradient);
                var (slowValue, slowGradient) = SlowSmooth(columns, prices, temperature);
                Assert.True(Math.Abs(value - slowValue) < 1e-3 * temperature * parts, $"seed {seed}: {value} for {slowValue}");
                for (var i = 0; i < gradient.Length; i++)
                    Assert.Equal(slowGradient[i], gradient[i], 2e-3 * parts);
            }
        }
    }

    [Fact]
    public void Sets_are_all_of_their_size_within_the_limit_in_order()
    {
        long[] load = [5, 1, 4, 2, 3];
        var sets = SubsetList.Of(load, 3, 9);
        var expected = new List<byte[]>();
        for (byte a = 0; a < 5; a++)
            for (var b = (byte)(a + 1); b < 5; b++)
                for (var c = (byte)(b + 1); c < 5; c++)
                    if (load[a] + load[b] + load[c] <= 9)
                        expected.Add([a, b, c]);
        Assert.Equal(expected.SelectMany(s => s), sets.Members);
        for (var s = 0; s < expected.Count; s++)
            Assert.Equal(s, sets.NumberOf(expected[s]));
        Assert.True(sets.NumberOf([0, 2, 4]) < 0);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(6)]
    public void Chains_that_fall_into_blocks_are_proven_to_cross_nothing_less(int parts)
    {
        const int Experts = 12;
        var random = new SeedStream(parts, "blocks");
        var chain = RandomChain.Draw(random, 4, Experts, parts, 1, false);
        var capacity = Experts / parts;
        var apart = 0L;
        foreach (var transitions in chain.Transitions)
            for (var i = 0; i < transitions.Length; i++)
            {
                var together = i / Experts / capacity == i % Experts / capacity;
                transitions[i] = together ? 900 + transitions[i] : i % 3;
                apart += together ? 0 : transitions[i];
            }
        var bound = new TierBound(chain, () => false);
        bound.Tighten(int.MaxValue, () => false, 1, () => { });
        Assert.InRange(bound.Crossings, 0.98 * apart, apart);
    }

    private static int[][] SlowThrough(ColumnChain columns, int[] prices)
    {
        var worth = columns.Sets.Select((sets, l) => Enumerable.Range(0, sets.Count).Select(s => Worth(l, s)).ToArray()).ToArray();
        var before = worth.Select(w => w.ToArray()).ToArray();
        var after = worth.Select(w => new int[w.Length]).ToArray();
        for (var l = 0; l + 1 < columns.Layers; l++)
            for (var t = 0; t < worth[l + 1].Length; t++)
                before[l + 1][t] = worth[l + 1][t] + Enumerable.Range(0, worth[l].Length).Max(s => before[l][s] + Pair(columns, l, s, t));
        for (var l = columns.Layers - 2; l >= 0; l--)
            for (var s = 0; s < worth[l].Length; s++)
                after[l][s] = Enumerable.Range(0, worth[l + 1].Length)
                    .Max(t => Pair(columns, l, s, t) + worth[l + 1][t] + after[l + 1][t]);
        return [.. before.Select((b, l) => b.Zip(after[l], (x, y) => x + y).ToArray())];

        int Worth(int layer, int set) =>
            columns.Unary[layer][set] - Members(columns.Sets[layer], set).Sum(e => prices[layer * columns.Experts + e]);
    }

    private static (double Value, double[] Gradient) SlowSmooth(ColumnChain columns, double[] prices, double temperature)
    {
        var (sum, share) = (0.0, new double[prices.Length]);
        var (a, b, c) = (columns.Sets[0], columns.Sets[1], columns.Sets[2]);
        for (var i = 0; i < a.Count; i++)
            for (var j = 0; j < b.Count; j++)
                for (var k = 0; k < c.Count; k++)
                {
                    int[] cells = [.. Cells(0, i), .. Cells(1, j), .. Cells(2, k)];
                    var value = Pair(columns, 0, i, j) + Pair(columns, 1, j, k);
                    var weight = Math.Exp((value - cells.Sum(cell => prices[cell])) / temperature);
                    sum += weight;
                    foreach (var cell in cells)
                        share[cell] += weight;
                }
        return (prices.Sum() + columns.Ranks * temperature * Math.Log(sum), [.. share.Select(s => 1 - columns.Ranks * s / sum)]);

        IEnumerable<int> Cells(int layer, int set) => Members(columns.Sets[layer], set).Select(e => layer * columns.Experts + e);
    }

    private static int Pair(ColumnChain columns, int layer, int from, int to)
    {
        var width = ColumnChain.Padded(columns.Sets[layer + 1].Count);
        return Members(columns.Sets[layer], from).Sum(e => columns.Rows[layer][e * width + to]);
    }

    private static byte[] Members(SubsetList sets, int set) => sets.Members[(set * sets.Size)..((set + 1) * sets.Size)];
}
