using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Reports.Tests;

public sealed class LiveReportTests
{
    private const string Hostile = WrittenReport.Hostile;
    private static readonly string[] Figures = ["steps", "copies", "crossing", "drift"];

    [Fact]
    public void The_same_story_gives_the_same_bytes_and_a_page_that_escapes_all_text()
    {
        using var folder = new TemporaryFolder();
        var result = Story("kept") with { Model = Hostile, Links = Hostile, Traffic = Hostile, Reasons = [Hostile], Changes = [Hostile] };
        LiveReport.Write(result, folder["a"], TestContext.Current.CancellationToken);
        LiveReport.Write(result, folder["b"], TestContext.Current.CancellationToken);
        string[] expected = ["index.html", .. Figures.SelectMany(f => new[] { f + ".csv", f + ".png", f + ".svg" })];
        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            Directory.GetFileSystemEntries(folder["a"]).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        Assert.All(expected, name => Assert.Equal(File.ReadAllBytes(folder["a/" + name]), File.ReadAllBytes(folder["b/" + name])));
        var page = File.ReadAllText(folder["a/index.html"]);
        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.Contains("was kept", page, StringComparison.Ordinal);
        Assert.Contains(
            PlainText.Html($"{Quantity.Seconds(0.020)} as it was placed for, {Quantity.Seconds(0.030)} after the shift, {Quantity.Seconds(0.024)} after the apply, 20.0 % less"),
            page, StringComparison.Ordinal);
        Assert.Contains("The shift was seen after 5 s", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_story_without_an_apply_is_told_as_far_as_it_came()
    {
        using var folder = new TemporaryFolder();
        var story = Story("watched");
        LiveReport.Write(story with { Samples = [], Periods = [], Events = [] }, folder["a"], TestContext.Current.CancellationToken);
        Assert.Contains("What was in force stayed in force", File.ReadAllText(folder["a/index.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_period_is_the_median_of_its_own_seconds()
    {
        var samples = Story("kept").Samples;
        var period = LivePeriod.Of("some", 1, 3, [.. samples.Select((s, i) => s with { StepSeconds = i == 2 ? null : i })]);
        Assert.Equal((3.0, 1.4), (period.StepSeconds!.Value, period.NodeCopies!.Value));
        Assert.Null(LivePeriod.Of("none", 900, 901, samples).StepSeconds);
    }

    private static LiveResult Story(string outcome)
    {
        LiveSample[] samples =
        [
            .. Enumerable.Range(0, 60).Select(i => new LiveSample(
                i, i < 40 ? 0 : 3, i < 20 ? 0.020 : i < 40 ? 0.030 : 0.024, i < 40 ? null : 0.023, 2.3, i is >= 20 and < 40 ? 1.8 : 1.4, 0.7, 0.4, 0.2, i / 20.0, i * 100)),
        ];
        return new LiveResult(
            LiveResult.FormatName, "tiny", 2, 2, "two nodes", "text", outcome, [.. samples],
            [new(0, "begin", "it begins"), new(20, "shift", "another text"), new(25, "drift", "seen"), new(30, "asked", "apply 1"), new(40, "kept", "it keeps its promise")],
            [
                LivePeriod.Of("as it was placed for", 0, 19, [.. samples]), LivePeriod.Of("after the shift", 20, 39, [.. samples]),
                LivePeriod.Of("after the apply", 40, 59, [.. samples]),
            ],
            ["it is better"], ["96 experts move"]);
    }
}
