using MoEPlace.Placement;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>How a search is shown.</summary>
public sealed class SearchBarTests
{
    private static readonly SearchProgress Midway = new(1234567.8, 7, 12.3, 0.42);

    [Fact]
    public void Writes_whole_lines_five_seconds_apart_where_there_is_no_terminal()
    {
        var (writer, clock) = (new StringWriter(), new HandClock());
        using (var bar = new SearchBar(writer, "affinity", null, clock))
        {
            for (var tick = 0; tick <= 120; tick++)
            {
                bar.Report(Midway);
                clock.Advance(TimeSpan.FromMilliseconds(100));
            }
        }
        var lines = writer.ToString().TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.All(lines, line => Assert.Equal("affinity: 42 %, best 1,234,568, 7 rounds, 12 s left", line));
    }

    [Theory]
    [InlineData(200)]
    [InlineData(80)]
    [InlineData(50)]
    [InlineData(20)]
    public void Redraws_one_line_that_fits_the_terminal_and_clears_it(int columns)
    {
        var writer = new StringWriter();
        using (var bar = new SearchBar(writer, "affinity, load <= 1.05", columns, new HandClock()))
        {
            bar.Report(Midway);
            bar.Report(Midway with { Fraction = 1.7, SecondsLeft = double.PositiveInfinity, BestObjective = double.PositiveInfinity });
        }
        var drawn = writer.ToString();
        Assert.DoesNotContain('\n', drawn);
        Assert.DoesNotContain('\u001b', drawn);
        var lines = drawn.Split('\r', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.InRange(line.Length, 1, columns - 1));
        Assert.Equal(columns >= 80, lines[0].Contains('#', StringComparison.Ordinal));
        Assert.Equal("", lines[^1].Trim());
        Assert.EndsWith("\r", drawn, StringComparison.Ordinal);
    }

    [Fact]
    public void Leaves_no_trace_of_a_search_that_told_nothing()
    {
        var writer = new StringWriter();
        new SearchBar(writer, "eplb", 80, new HandClock()).Dispose();
        Assert.Equal("", writer.ToString());
    }

    private sealed class HandClock : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now;

        internal void Advance(TimeSpan by) => now += by.Ticks;
    }
}
