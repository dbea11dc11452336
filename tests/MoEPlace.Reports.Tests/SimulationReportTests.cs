using System.Collections.Immutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using MoEPlace.Reports.Figures;
using MoEPlace.Reports.Simulations;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Reports.Tests;

public sealed partial class SimulationReportTests
{
    private const string Hostile = WrittenReport.Hostile;
    private static readonly string[] Figures = ["phases", "timeline", "links", "resources"];

    [Fact]
    public void The_same_results_give_the_same_bytes_and_a_page_that_loads_nothing_and_escapes_all_text()
    {
        using var folder = new TemporaryFolder();
        var hostile = Made();
        SimulationReport.Write(hostile, folder["a"], TestContext.Current.CancellationToken);
        Directory.CreateDirectory(folder["b"]);
        File.WriteAllText(folder["b/index.html"], "<html>\n<meta name=\"generator\" content=\"MoEPlace\">\n");
        File.WriteAllText(folder["b/3-timeline.png"], "of an older report");
        SimulationReport.Write(hostile, folder["b"], TestContext.Current.CancellationToken);
        string[] expected =
        [
            "index.html", "1-sweep.csv", "1-sweep.png", "1-sweep.svg",
            .. Enumerable.Range(1, 2).SelectMany(n => Figures.SelectMany(f => new[] { $"{n}-{f}.csv", $"{n}-{f}.png", $"{n}-{f}.svg" })),
            .. Enumerable.Range(1, 2).SelectMany(n => new[] { $"{n}-measures.csv", $"{n}-expectations.csv", $"{n}-published.csv" }),
        ];
        foreach (var written in new[] { "a", "b" })
            Assert.Equal(expected.Order(StringComparer.Ordinal), Files(folder[written]));
        Assert.All(expected, name => Assert.Equal(File.ReadAllBytes(folder["a/" + name]), File.ReadAllBytes(folder["b/" + name])));
        CheckPage(File.ReadAllText(folder["a/index.html"]), folder["a"]);
    }

    [Fact]
    public void Every_shape_is_drawn_without_a_warning_or_left_out_with_a_reason()
    {
        var plain = MadeUpSimulation.Result();
        var variant = plain.Variants[0];
        (string Name, SimulationResult Result, string[] Missing)[] shapes =
        [
            ("one variant", MadeUpSimulation.Of([variant]), []),
            ("ten variants", MadeUpSimulation.Of([.. Enumerable.Range(0, 10).Select(i => MadeUpStep.Variant($"number {i} with a name as long as can be", parts: 1 + i % 3))]), []),
            ("many layers", MadeUpSimulation.Result(layers: 58, ranks: 8), []),
            ("many ranks", MadeUpSimulation.Result(layers: 2, ranks: 64), []),
            ("no timeline", plain.With(v => v with { Timeline = null }), ["timeline"]),
            ("an empty timeline", plain.With(v => v with { Timeline = new Timeline([], []) }), ["timeline"]),
            ("spans of no time", plain.With(v => v with { Timeline = v.Timeline! with { Spans = [.. v.Timeline.Spans.Select(s => s with { DurationPicoseconds = 0 })] } }), ["timeline"]),
            ("a timeline of the second alone", MadeUpSimulation.Of([variant with { Timeline = null }, plain.Variants[1]]), []),
            ("no layers", plain.With(v => v with { Timeline = v.Timeline! with { Spans = [.. v.Timeline.Spans.Select(s => s with { Layer = -1 })] } }), []),
            ("one long layer", Spans(plain, 5_000, _ => 0), []),
            ("spans that overlap", Spans(plain, 300, i => i / 50), []),
            ("nothing known", plain.With(v => v with
            {
                Measures = ImmutableSortedDictionary<string, double>.Empty,
                Phases = [],
                Resources = [],
                LinkShares = [],
                Timeline = null,
            }), ["phases", "timeline", "links", "resources"]),
            ("all zero", plain.With(v => v with
            {
                Measures = v.Measures.ToImmutableSortedDictionary(m => m.Key, _ => 0.0),
                Phases = [.. v.Phases.Select(p => new PhaseTime(p.Phase, 0, 0, 0))],
                Resources = [.. v.Resources.Select(r => r with { MeanShare = 0, MostShare = 0 })],
                LinkShares = [new LinkLoad("NIC out", [0, 0])],
            }), ["phases", "links", "resources"]),
            ("other phases", plain.With(v => v with { Phases = [new("<b>new</b>", 1, 1, 1), new("gate ", 1, 1, 1), new("gate", 1, 1, 0)] }), []),
            ("odd characters", MadeUpSimulation.Of([.. new[] { "a\0b", "\ud800", "=1+2,\"q\"\r\nx", "日本語 🙂", "a\ufffe\u202e" }.Select(n => MadeUpStep.Variant(n))]), []),
        ];
        using var folder = new TemporaryFolder();
        var jobs = new List<FigureRenderer.Job>();
        foreach (var (name, result, missing) in shapes)
        {
            var faults = new InputFaults(name);
            SimulationCheck.Check(result, faults);
            faults.ThrowIfAny();
            var section = new SimulationSection(result, 1, alone: true);
            var figures = SimulationReport.Draw(section);
            Assert.Equal((name, string.Join(" ", missing)), (name, string.Join(" ", figures.Where(f => f.Spec is null).Select(f => f.Name))));
            Assert.All(figures.Where(f => f.Spec is not null), f => Assert.True(f.Finding.Length > 10 && f.Reading.Length > 10 && f.Data!.Rows.Length > 0));
            jobs.AddRange(figures.Where(f => f.Spec is not null)
                .Select(f => new FigureRenderer.Job($"{name} {f.Name}", FigureStyle.Title(f, section.Subtitle), f.Spec!)));
        }
        Assert.Equal("", FigureRenderer.Render(jobs, folder.Path, "node", CancellationToken.None));
        foreach (var job in jobs)
        {
            var svg = XDocument.Load(folder[$"{job.Name}.svg"]).ToString();
            Assert.DoesNotContain("NaN", svg, StringComparison.Ordinal);
            var bytes = new FileInfo(folder[$"{job.Name}.inline.svg"]).Length + new FileInfo(folder[$"{job.Name}.vega.json"]).Length;
            Assert.True(bytes < 700_000 && new FileInfo(folder[$"{job.Name}.svg"]).Length < 500_000, $"{job.Name} takes {bytes} bytes");
        }
    }

    [Fact]
    public void Bars_of_a_timeline_take_the_time_that_its_spans_take()
    {
        var random = new SeedStream(5, "bins");
        var phases = StepPhase.Of(["experts", "wait"]);
        for (var round = 0; round < 100; round++)
        {
            var at = 0L;
            TimelineSpan[] spans = [.. Enumerable.Range(0, 1 + random.Next(40)).Select(_ =>
            {
                var (begin, takes) = (at + random.Next(50), 1 + random.Next(200));
                at = begin + takes;
                return new TimelineSpan(0, random.Next(2) == 0 ? "experts" : "wait", 0, 0, begin, takes);
            })];
            var bins = 1 + random.Next(30);
            var end = bins * ((at + bins - 1) / bins);
            var drawn = TimelineBins.Of(spans, end, bins, phases).Sum(b => (b.High - b.Low) * (b.End - b.Begin));
            // What takes less than a hundredth of a bin is not drawn.
            Assert.InRange(drawn, spans.Sum(s => s.DurationPicoseconds) - 0.02 * end, spans.Sum(s => s.DurationPicoseconds) + 1e-6 * end);
        }
    }

    [Fact]
    public void Invalid_results_are_refused_all_at_once_and_nothing_is_written()
    {
        using var folder = new TemporaryFolder();
        var result = MadeUpSimulation.Result();
        var bad = result with
        {
            Origin = "guessed",
            Variants =
            [
                result.Variants[0] with { Resources = [new("compute", 2, 1, "rank 0")], LinkShares = [new("NIC out", [double.NaN])] },
                result.Variants[0] with { Phases = [new("experts", -1, 1, double.PositiveInfinity)] },
            ],
        };
        var fault = Assert.Throws<InputException>(() => SimulationReport.Write([result, bad], folder["out"], CancellationToken.None));
        Assert.Equal(
            ["origin", "variants[0].resources[0].meanShare", "variants[0].linkShares[0].shares[0]", "variants[1].name",
                "variants[1].phases[0].busySeconds", "variants[1].phases[0].exposedSeconds"],
            fault.Faults.Where(f => f.File == "result 2").Select(f => f.Field));
        Assert.Throws<InputException>(() => SimulationReport.Write([], folder["out"], CancellationToken.None));
        Assert.ThrowsAny<OperationCanceledException>(() => SimulationReport.Write([result], folder["out"], new CancellationToken(canceled: true)));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_written_result_reads_as_the_same()
    {
        using var folder = new TemporaryFolder();
        MadeUpSimulation.Result().Write(folder["a.json"]);
        SimulationResult.Read(folder["a.json"]).Write(folder["b.json"]);
        Assert.Equal(File.ReadAllText(folder["a.json"]), File.ReadAllText(folder["b.json"]));
        File.WriteAllText(folder["c.json"], File.ReadAllText(folder["a.json"]).Replace("\"origin\": \"measured\"", "\"origin\": null", StringComparison.Ordinal));
        Assert.Throws<InputException>(() => SimulationResult.Read(folder["c.json"]));
    }

    /// <summary>Two points of a sweep whose every text is hostile, the second of synthetic routing.</summary>
    private static ImmutableArray<SimulationResult> Made()
    {
        var result = MadeUpSimulation.Result(layers: 2);
        result = result with
        {
            Scenario = Hostile,
            Title = Hostile,
            Question = Hostile,
            Model = Hostile,
            Source = Hostile,
            Phase = Hostile,
            Variants =
            [
                .. result.Variants.Select((v, i) => v with
                {
                    Name = i == 1 ? v.Name : Hostile + i, Description = Hostile, Cluster = Hostile, Placement = Hostile, Schedule = Hostile,
                    Resources = [.. v.Resources.Select(r => r with { Busiest = Hostile, Kind = Hostile + r.Kind })],
                    LinkShares = [.. v.LinkShares.Select(l => l with { Kind = Hostile + l.Kind })],
                    Phases = [.. v.Phases, new PhaseTime(Hostile, 1e-4, 1e-4, 1e-4)],
                    Timeline = v.Timeline! with { Tracks = [.. v.Timeline.Tracks.Select(t => new TimelineTrack(Hostile + t.Group, Hostile + t.Name))] },
                }),
            ],
            Expectations = [new ExpectationOutcome(Hostile, Hostile, Hostile, 0, 1, Hostile, 2, false)],
            Published = [new PublishedFigure(Hostile, Hostile, Hostile, Hostile, Hostile, 0, 1, Hostile)],
            Assumptions = [Hostile],
        };
        return [result, result with { Origin = "synthetic", Seed = 8 }];
    }

    private static void CheckPage(string page, string folder)
    {
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;", page, StringComparison.Ordinal);
        Assert.All(AnyUrl().Matches(page), url => Assert.StartsWith("http://www.w3.org/", url.Value, StringComparison.Ordinal));
        var markup = Script().Replace(page, "");
        foreach (var foreign in new[] { "@import", "url(", "<link", "src=" })
            Assert.DoesNotContain(foreign, markup, StringComparison.Ordinal);
        foreach (Match link in Reference().Matches(markup))
            Assert.True(link.Groups[1].Value.StartsWith('#') || File.Exists(Path.Combine(folder, link.Groups[1].Value)), $"{link.Value} leads nowhere");
        var ids = Id().Matches(markup).Select(m => m.Groups[1].Value).ToArray();
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.Contains("<strong>Synthetic routing.</strong> Some of the routing was", page, StringComparison.Ordinal);
        Assert.Contains("NOT met", page, StringComparison.Ordinal);
        // The answer of a result stands before its tables and figures.
        var section = page[page.IndexOf("<section id=\"result-1\"", StringComparison.Ordinal)..];
        Assert.InRange(section.IndexOf("× faster than", StringComparison.Ordinal), 1, section.IndexOf("<table", StringComparison.Ordinal));
    }

    /// <summary>Many spans, each of a layer and 100 ps after the last, 150 ps long.</summary>
    private static SimulationResult Spans(SimulationResult result, int count, Func<int, int> layer) => result.With(v => v with
    {
        Timeline = v.Timeline! with { Spans = [.. Enumerable.Range(0, count).Select(i => new TimelineSpan(0, i % 2 == 0 ? "experts" : "wait", layer(i), 0, 100L * i, 150))] },
    });

    private static IEnumerable<string> Files(string folder) =>
        Directory.GetFileSystemEntries(folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);

    [GeneratedRegex("https?://[^\\s\"'`<>)]*")]
    private static partial Regex AnyUrl();

    [GeneratedRegex("<script[^>]*>(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex Script();

    [GeneratedRegex("(?:src|href)=\"([^\"]*)\"")]
    private static partial Regex Reference();

    [GeneratedRegex(" id=\"([^\"]*)\"")]
    private static partial Regex Id();
}
