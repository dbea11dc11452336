using System.Collections.Immutable;
using System.Xml.Linq;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Reports.Tests;

public sealed class GateReportTests
{
    private static readonly string[] Figures = ["affinity", "crossing", "loss"];

    [Fact]
    public void Holds_each_figure_beside_a_page_that_loads_nothing_and_the_same_study_gives_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        var study = MadeUpStudy();
        GateReport.Write(study, folder["a"], TestContext.Current.CancellationToken);
        GateReport.Write(study, folder["b"], TestContext.Current.CancellationToken);
        string[] expected = ["index.html", .. Figures.SelectMany(f => new[] { f + ".csv", f + ".png", f + ".svg" })];
        foreach (var written in new[] { "a", "b" })
            Assert.Equal(expected.Order(StringComparer.Ordinal), Names(folder[written]));
        Assert.All(expected, name => Assert.Equal(File.ReadAllBytes(folder["a/" + name]), File.ReadAllBytes(folder["b/" + name])));
        Assert.All(Figures, figure => Assert.Equal("svg", XDocument.Load(folder[$"a/{figure}.svg"]).Root!.Name.LocalName));
        Assert.All(Figures, figure => Assert.Equal(1 + 2 * 3, File.ReadAllLines(folder[$"a/{figure}.csv"]).Length));

        var page = File.ReadAllText(folder["a/index.html"]);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;made up&lt;/b&gt;", page, StringComparison.Ordinal);
        foreach (var foreign in new[] { "<b>", "<script", "<link", "@import", "url(", "src=", "https://" })
            Assert.DoesNotContain(foreign, page, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", page.Replace("http://www.w3.org/", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Names(string directory) =>
        Directory.GetFiles(directory).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);

    private static GateStudy MadeUpStudy()
    {
        var random = new SeedStream(1, "made-up study");
        return new GateStudy(
            GateStudy.FormatName, "<b>made up</b>", "h100-8", 1, 4, ["one", "two"],
            [.. new[] { "top_k", "random" }.Select(gate => new GateCurve(gate, Points()))]);

        ImmutableArray<GatePoint> Points() =>
        [
            .. Enumerable.Range(0, 3).Select(i => new GatePoint(
                100 * i, 3 - i + random.NextDouble(), random.NextDouble(), 0.7, 0.7 - 0.1 * i, 1 + random.NextDouble())),
        ];
    }
}
