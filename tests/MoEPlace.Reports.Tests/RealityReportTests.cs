using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;
using MoEPlace.Reports.Figures;
using MoEPlace.Reports.Realities;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Reports.Tests;

public sealed class RealityReportTests
{
    private const string Hostile = WrittenReport.Hostile;
    private static readonly string[] Figures = ["steps", "phases", "bytes", "migration"];

    [Fact]
    public void The_same_result_gives_the_same_bytes_and_a_page_that_loads_nothing_and_escapes_all_text()
    {
        using var folder = new TemporaryFolder();
        var result = MadeUpReality.Result(links: 2);
        result = result with
        {
            Machine = Hostile,
            Model = Hostile,
            Emulated = Hostile,
            Source = Hostile,
            Links = [result.Links[0] with { Name = Hostile }, result.Links[1]],
            Settings =
            [
                .. result.Settings.Select((s, i) => s with
                {
                    Link = s.Link == result.Links[0].Name ? Hostile : s.Link,
                    Placement = i % 2 == 0 ? s.Placement : Hostile,
                    Phases = [.. s.Phases, new RealityPhase(Hostile, 1e-3, 2e-3)],
                }),
            ],
            Migration = result.Migration! with { Link = Hostile },
        };
        RealityReport.Write(result, folder["a"], TestContext.Current.CancellationToken);
        RealityReport.Write(result, folder["b"], TestContext.Current.CancellationToken);
        string[] expected = ["index.html", "links.csv", .. Figures.SelectMany(f => new[] { f + ".csv", f + ".png", f + ".svg" })];
        foreach (var written in new[] { "a", "b" })
            Assert.Equal(
                expected.Order(StringComparer.Ordinal),
                Directory.GetFileSystemEntries(folder[written]).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        Assert.All(expected, name => Assert.Equal(File.ReadAllBytes(folder["a/" + name]), File.ReadAllBytes(folder["b/" + name])));
        var page = File.ReadAllText(folder["a/index.html"]);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        Assert.InRange(page.IndexOf("The simulated step is off by", StringComparison.Ordinal), 1, page.IndexOf("<table", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_shape_is_drawn_without_a_warning_or_left_out_with_a_reason()
    {
        var plain = MadeUpReality.Result();
        var migration = plain.Migration!;
        (string Name, RealityResult Result, string[] Missing)[] shapes =
        [
            ("all", plain, []),
            ("one setting", plain with { Settings = [plain.Settings[0]] }, []),
            ("many settings", MadeUpReality.Result(links: 8), []),
            ("three placements", plain with { Settings = [.. plain.Settings, plain.Settings[0] with { Placement = "eplb" }] }, []),
            ("one node", (plain with { Nodes = 1, Migration = null })
                .With(s => s with { MeasuredLinkBytes = 0, EvaluatedLinkBytes = 0, AdapterBytes = null }),
                ["bytes", "migration"]),
            ("no phases", plain.With(s => s with { Phases = [] }), ["phases"]),
            ("equal everywhere", plain.With(s => s with
            {
                MeasuredSeconds = 0.01, MeasuredP10 = 0.01, MeasuredP90 = 0.01, SimulatedSeconds = 0.01,
                Phases = [.. s.Phases.Select(p => p with { SimulatedSeconds = p.MeasuredSeconds })],
            }), []),
            ("far off", plain.With(s => s with { SimulatedSeconds = 300 * s.MeasuredSeconds }), []),
            ("never moving", plain with { Migration = migration with { Moving = [.. migration.Moving.Select(_ => false)] } }, []),
            ("always moving", plain with { Migration = migration with { Moving = [.. migration.Moving.Select(_ => true)] } }, []),
            ("one step", plain with { Migration = migration with { StepSeconds = [0.01], Moving = [true], Epoch = [0] } }, []),
            ("many steps", plain with { Migration = Repeated(migration, 20) }, []),
        ];
        using var folder = new TemporaryFolder();
        var jobs = new List<FigureRenderer.Job>();
        foreach (var (name, result, missing) in shapes)
        {
            var faults = new InputFaults(name);
            RealityCheck.Check(result, faults);
            faults.ThrowIfAny();
            var figures = RealityReport.Draw(result);
            Assert.Equal((name, string.Join(" ", missing)), (name, string.Join(" ", figures.Where(f => f.Spec is null).Select(f => f.Name))));
            Assert.All(figures.Where(f => f.Spec is not null), f =>
                Assert.True(f.Finding.Length > 10 && f.Reading.Length > 10 && f.Data!.Rows.Length > 0));
            jobs.AddRange(figures.Where(f => f.Spec is not null)
                .Select(f => new FigureRenderer.Job($"{name} {f.Name}", FigureStyle.Title(f, "made up"), f.Spec!)));
        }
        Assert.Equal("", FigureRenderer.Render(jobs, folder.Path, "node", CancellationToken.None));
        foreach (var job in jobs)
        {
            Assert.DoesNotContain("NaN", XDocument.Load(folder[$"{job.Name}.svg"]).ToString(), StringComparison.Ordinal);
            Assert.True(new FileInfo(folder[$"{job.Name}.svg"]).Length < 700_000, job.Name);
        }
    }

    [Fact]
    public void No_error_is_told_smaller_than_it_is()
    {
        var result = MadeUpReality.Result();
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new SeedStream(seed, "errors");
            var off = result.With(s => s with { SimulatedSeconds = s.MeasuredSeconds * (0.7 + 0.6 * random.NextDouble()) });
            double[] errors = [.. off.Settings.Select(s => Math.Abs(s.SimulatedSeconds / s.MeasuredSeconds - 1)).Order()];
            var median = (errors[(errors.Length - 1) / 2] + errors[errors.Length / 2]) / 2;
            Assert.Equal((median, errors[^1]), (off.MedianError(), off.LargestError()));
            var told = RealityFindings.Steps(off);
            double[] numbers =
            [
                .. told.Split(' ').Where(word => word.Contains('\u00A0'))
                    .Select(word => double.Parse(word[..word.IndexOf('\u00A0')], CultureInfo.InvariantCulture)),
            ];
            Assert.True(numbers[0] >= 100 * median && numbers[1] >= 100 * errors[^1], $"seed {seed}: {told}");
            Assert.Equal(median <= 0.1 && errors[^1] <= 0.2, !told.Contains("NOT", StringComparison.Ordinal));
            Assert.Equal(median <= 0.1 && errors[^1] <= 0.2, RealityFindings.AllWithin(off));
        }
    }

    [Theory]
    [InlineData(new[] { 0.1 }, 0.1)]
    [InlineData(new[] { 0.1, 0.3 }, 0.2)]
    [InlineData(new[] { 0.3, 0.1, 0.1 }, 0.1)]
    [InlineData(new[] { 0.4, 0.1, 0.3, 0.2 }, 0.25)]
    public void The_median_error_of_an_even_number_is_the_mean_of_the_two_in_the_middle(double[] errors, double median)
    {
        var result = MadeUpReality.Result();
        result = result with
        {
            Settings = [.. errors.Select((error, i) => result.Settings[i] with
            {
                MeasuredSeconds = 1, SimulatedSeconds = i % 2 == 0 ? 1 + error : 1 - error,
            })],
        };
        Assert.Equal(median, result.MedianError(), 12);
        Assert.Equal(errors.Max(), result.LargestError(), 12);
    }

    [Fact]
    public void Bytes_that_differ_by_one_are_told()
    {
        var result = MadeUpReality.Result();
        Assert.Contains("exactly the bytes that evaluate tells, in all 12 settings", RealityFindings.Bytes(result), StringComparison.Ordinal);
        var more = result.Settings[3] with { MeasuredLinkBytes = result.Settings[3].MeasuredLinkBytes + 1 };
        var one = result with { Settings = result.Settings.SetItem(3, more) };
        Assert.Contains("did NOT count what evaluate tells in 1 of 12 settings", RealityFindings.Bytes(one), StringComparison.Ordinal);
        Assert.Equal((true, false), (RealityFindings.AllWithin(result), RealityFindings.AllWithin(one)));
    }

    [Fact]
    public void A_migration_is_judged_by_its_95th_percentiles_and_the_bytes_of_a_step()
    {
        // 20 steps without, 20 with: the 19th of each decides. 1.2 x 19 ms, and 1,000 bytes at 1 MB/s.
        var m = new RealityMigration(
            "link", 1, 4, 10_000, 1_000, 1e6, [.. Enumerable.Range(0, 40).Select(i => 1e-3 * (1 + i % 20))],
            [.. Enumerable.Range(0, 40).Select(i => i >= 20)], [.. Enumerable.Repeat(0, 40)]);
        Assert.Equal(0.019, m.StepSecondsP95(moving: true), 12);
        Assert.Equal(1.2 * 0.019 + 0.001, m.AllowedSeconds(), 12);
        Assert.Contains(": within the", RealityFindings.Migration(m), StringComparison.Ordinal);
        var slow = m with { StepSeconds = [.. m.StepSeconds.Select((s, i) => i < 20 ? s : s * 1.3)] };
        Assert.Contains(": NOT within the", RealityFindings.Migration(slow), StringComparison.Ordinal);
        var result = MadeUpReality.Result();
        Assert.Equal((true, false), (RealityFindings.AllWithin(result with { Migration = m }), RealityFindings.AllWithin(result with { Migration = slow })));
    }

    [Fact]
    public void Labels_of_lines_keep_apart_in_the_order_of_their_lines()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new SeedStream(seed, "lines");
            double[] pixels = [.. Enumerable.Range(0, 1 + seed % 3).Select(_ => 320 * (seed % 2 == 0 ? random.NextDouble() : 1 - 0.05 * random.NextDouble()))];
            var placed = MigrationFigure.Apart(pixels);
            for (var i = 0; i < pixels.Length; i++)
                for (var j = 0; j < pixels.Length; j++)
                    Assert.True(
                        i == j || (Math.Abs(placed[i] - placed[j]) >= MigrationFigure.LeastGap - 1e-9 && placed[i] < placed[j] == pixels[i] < pixels[j]),
                        $"seed {seed}: {string.Join(' ', pixels)} at {string.Join(' ', placed)}");
        }
        Assert.Equal([100, 200, 300], MigrationFigure.Apart([100, 200, 300]));
    }

    [Fact]
    public void Invalid_results_are_refused_all_at_once_and_a_written_one_reads_as_the_same()
    {
        using var folder = new TemporaryFolder();
        var result = MadeUpReality.Result();
        var bad = result with
        {
            Links =
            [
                result.Links[0],
                result.Links[0] with { MeasuredBytesPerSecond = 0, Cluster = result.Links[0].Cluster with { Nodes = 0 } },
            ],
            Settings =
            [
                result.Settings[0] with { MeasuredSeconds = 0 }, result.Settings[0] with { Link = "none", Phases = default },
                result.Settings[1] with { MeasuredP10 = 0.9, MeasuredSeconds = 0.8, MeasuredP90 = 0.7, SimulatedSeconds = 3_601 },
            ],
            Migration = result.Migration! with { Link = "none", Moving = [true], ExpertsMoved = 129 },
        };
        var fault = Assert.Throws<InputException>(() => RealityReport.Write(bad, folder["out"], CancellationToken.None));
        Assert.Equal(
            ["links[1].name", "links[1].measuredBytesPerSecond", "links[1].cluster.nodes", "settings[0].measuredSeconds", "settings[1].link",
                "settings[1].phases", "settings[2].measuredP10", "settings[2].measuredP90", "settings[2].simulatedSeconds", "migration.link",
                "migration.expertsMoved", "migration.moving"],
            fault.Faults.Select(f => f.Field));
        Assert.False(Directory.Exists(folder["out"]));
        result.Write(folder["a.json"]);
        RealityResult.Read(folder["a.json"]).Write(folder["b.json"]);
        Assert.Equal(File.ReadAllText(folder["a.json"]), File.ReadAllText(folder["b.json"]));
    }

    private static RealityMigration Repeated(RealityMigration m, int times) => m with
    {
        StepSeconds = Many(m.StepSeconds, times),
        Moving = Many(m.Moving, times),
        Epoch = Many(m.Epoch, times),
    };

    private static ImmutableArray<T> Many<T>(ImmutableArray<T> list, int times) => [.. Enumerable.Repeat(list, times).SelectMany(one => one)];
}
