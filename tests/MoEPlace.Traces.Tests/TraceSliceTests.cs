using Xunit;

namespace MoEPlace.Traces.Tests;

public sealed class TraceSliceTests
{
    [Fact]
    public void A_selection_counts_and_decodes_exactly_the_rows_that_it_keeps()
    {
        for (var seed = 0L; seed < 40; seed++)
        {
            var random = new SeedStream(seed, "selection");
            var shape = RandomTrace.Shape.Draw(random) with { Tokens = 2 + random.Next(random.Next(3) == 0 ? 9000 : 150) };
            using var trace = new RandomTrace(shape, seed);
            foreach (var split in new[] { TraceSplit.All, TraceSplit.Test })
            {
                var whole = new TraceSlice(trace.Trace, split);
                var kept = Rows(whole).Where(_ => random.Next(3) > 0).Append(Rows(whole)[0]).ToHashSet();
                var some = whole.Where("some", (row, keep) =>
                {
                    for (var i = 0; i < keep.Length; i++)
                        keep[i] = kept.Contains(row + i);
                });
                Assert.Equal(kept.Order(), Rows(some));
                Assert.Equal(kept.Count, some.Tokens);
                Assert.Equal($"{split.ToString().ToLowerInvariant()}, some", some.Selection);
                var slow = new SlowCounts(some);
                var counts = RoutingCounts.Of(some, 2);
                for (var layer = 0; layer < shape.Layers; layer++)
                    for (var e = 0; e < shape.Experts; e++)
                        Assert.True(slow.Load[layer, e] == counts.Load(layer)[e], $"seed {seed}, layer {layer}, expert {e}");
                Assert.Equal(kept.Order(), some.Runs().SelectMany(run => Enumerable.Range(0, run.Count).Select(i => run.Row + i)));
            }
        }
    }

    [Fact]
    public void A_selection_of_a_selection_keeps_what_both_keep()
    {
        using var trace = new RandomTrace(new RandomTrace.Shape(5000, 1, 8, 1), 1);
        var odd = new TraceSlice(trace.Trace, TraceSplit.Train).Where("odd rows", (row, keep) => Keep(row, keep, r => r % 2 == 1));
        var both = odd.Where("of three", (row, keep) => Keep(row, keep, r => r % 3 == 0));
        Assert.Equal(Rows(odd).Where(r => r % 3 == 0), Rows(both));
        Assert.Equal("train, odd rows, of three", both.Selection);
    }

    [Fact]
    public void A_selection_of_nothing_is_refused()
    {
        using var trace = new RandomTrace(new RandomTrace.Shape(50, 1, 8, 1), 1);
        var fault = Assert.Single(Assert.Throws<InputException>(
            () => new TraceSlice(trace.Trace, TraceSplit.All).Where("nothing", (_, _) => { })).Faults);
        Assert.Contains("nothing", fault.Value, StringComparison.Ordinal);
    }

    private static void Keep(long row, Span<bool> keep, Func<long, bool> holds)
    {
        for (var i = 0; i < keep.Length; i++)
            keep[i] = holds(row + i);
    }

    private static long[] Rows(TraceSlice slice) =>
        [.. slice.Blocks().SelectMany(block => block.Row.Take(block.Count).ToArray())];
}
