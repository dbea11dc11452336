using System.Collections.Immutable;
using System.Xml.Linq;
using MoEPlace.Reports.Figures;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Reports.Tests;

/// <summary>Results of every shape, drawn in one go.</summary>
public sealed class ReportShapeTests
{
    private static readonly (string Name, ResultFile Result, string[] Missing)[] Shapes =
    [
        ("seven policies", MadeUp.Result(), []),
        ("one layer", MadeUp.Result(layers: 1), ["crossing", "remaining", "affinity"]),
        ("two layers", MadeUp.Result(layers: 2), []),
        ("one rank", MadeUp.Result(nodes: 1, ranksPerNode: 1), ["load", "crossing", "remaining", "affinity", "copies", "trade-off", "front"]),
        ("one node", MadeUp.Result(nodes: 1, ranksPerNode: 8), []),
        ("one rank on each node", MadeUp.Result(nodes: 4, ranksPerNode: 1), []),
        ("one placement", MadeUp.Result(["contiguous"]), ["trade-off", "front"]),
        ("no top-1", MadeUp.Result(topOne: false), ["crossing", "remaining", "affinity", "front"]),
        ("nothing known but load", Unknown(MadeUp.Result(topOne: false)), ["crossing", "remaining", "affinity", "copies", "trade-off", "front", "bound"]),
        ("no load", NoLoad(MadeUp.Result()), ["load"]),
        ("no transition", MadeUp.Result() with { Affinity = new LayerAffinity(0,
            [.. Enumerable.Repeat<ImmutableArray<long>>([.. new long[16]], 16)]) }, ["affinity"]),
        ("nothing crosses", Still(MadeUp.Result()), ["remaining"]),
        ("the baseline is the best", MadeUp.Result().Measured(0, m => m with { GpuCrossingFraction = 0.01 }), []),
        ("many placements", MadeUp.Result([.. Enumerable.Range(0, 40)
            .Select(i => $"policy {i} with a rather long name that does not fit anywhere")]), []),
        ("same labels", MadeUp.Result(["affinity", "affinity", "affinity"]), []),
        ("many experts on many ranks", MadeUp.Result(["contiguous", "affinity"], 3, 256, 8, 8), []),
        ("odd characters", MadeUp.Result(["a\0b", "\ud800", "=1+2,\"q\"\r\nx", "日本語 🙂", "a\ufffe\u202e"]), []),
    ];

    /// <summary>Of these only what tells of searches and of what remains is drawn.</summary>
    private static readonly (string Name, ResultFile Result, string[] Missing)[] Searches =
    [
        ("from before the optional keys", Older(MadeUp.Result()), ["remaining", "bound"]),
        ("no bound", Each(MadeUp.Result(), p => p with { Trajectory = [new(0, 5, null), new(7, 4, null)] }), []),
        ("one point of a search each", Each(MadeUp.Result(), p => p with { Trajectory = [new(0, 5, 5)] }), []),
        ("bounds before anything is found", Each(MadeUp.Result(), p => p with { Trajectory = [new(0, null, 3)] }), []),
        ("searches of a thousand steps", Each(MadeUp.Result(), p => p with
            { Trajectory = [.. Enumerable.Range(0, 1000).Select(i => new SolvePoint(i / 10.0, 2000 - i, i))] }), []),
        ("nothing was found and nothing proven", Each(MadeUp.Result(), p => p with { Trajectory = [new(0, null, null)] }), ["bound"]),
        ("searches of other objectives", MadeUp.Result().With(1, p => p with
            { Solve = p.Solve! with { ObjectiveName = "step" } }), []),
        ("sixty layers on sixteen nodes", MadeUp.Result(["contiguous", "affinity"], 60, 32, 16, 2), []),
        ("no pair is told", Each(MadeUp.Result(), p => p with
            { Detail = p.Detail with { Remaining = p.Detail.Remaining! with { HeaviestPairs = [] } } }), []),
    ];

    [Fact]
    public void Every_shape_is_drawn_without_a_warning_or_left_out_with_a_reason() => DrawEach(Shapes, Report.Draw);

    [Fact]
    public void Every_search_is_drawn_without_a_warning_or_left_out_with_a_reason() =>
        DrawEach(Searches, section => [RemainingFigure.Draw(section), BoundFigure.Draw(section)]);

    [Fact]
    public void Cells_are_gathered_within_ranks_where_experts_are_many()
    {
        var order = new ExpertOrder([2, 0, 2, 2, 0, 2], 4, 2);
        Assert.Equal([0, 2, 2, 6, 6], order.Borders);
        Assert.Equal([1, 0, 1, 2, 0, 2], order.CellOfExpert);
        Assert.Equal([(0, 0), (2, 2), (2, 4)], order.Cells.Select(c => (c.Rank, c.First)));
    }

    [Fact]
    public void A_policy_keeps_its_color_over_all_results_and_its_placements_differ_in_shape()
    {
        ResultFile[] results = [MadeUp.Result(["contiguous", "affinity", "own"]), MadeUp.Result(["own", "affinity", "affinity", "other"])];
        var colors = new PolicyColors(results);
        var (first, second) = (DrawnPlacement.All(results[0], colors), DrawnPlacement.All(results[1], colors));
        Assert.Equal(first[1].Color, second[1].Color);
        Assert.Equal(first[2].Color, second[0].Color);
        Assert.NotEqual(second[0].Color, second[3].Color);
        Assert.Equal(second[1].Color, second[2].Color);
        Assert.NotEqual(second[1].Shape, second[2].Shape);
        Assert.NotEqual(second[1].Dash, second[2].Dash);
        Assert.NotEqual(second[1].Name, second[2].Name);
    }

    [Fact]
    public void The_front_is_what_nothing_beats()
    {
        var random = new SeedStream(3, "front");
        for (var round = 0; round < 200; round++)
        {
            var points = Enumerable.Range(0, 1 + random.Next(9)).Select(_ => ((double)random.Next(5), (double)random.Next(5))).ToArray();
            var front = TradePlot.Front(points);
            Assert.NotEmpty(front);
            for (var i = 0; i < points.Length; i++)
            {
                var beaten = points.Any(p => p != points[i] && p.Item1 <= points[i].Item1 && p.Item2 <= points[i].Item2);
                Assert.True(beaten != front.Contains(i), $"round {round}, point {i} of {string.Join(" ", points)}");
            }
            Assert.Equal(front.Order(Comparer<int>.Create((a, b) => points[a].Item1.CompareTo(points[b].Item1))), front);
        }
    }

    [Fact]
    public void Names_of_points_stay_inside_the_plot()
    {
        var random = new SeedStream(4, "labels");
        var points = Enumerable.Range(0, 30).Select(i => (random.NextDouble() * 590, random.NextDouble() * 340, $"placement {i}"))
            .ToArray();
        var labels = PointLabels.Place(points, [], 590, 340);
        for (var i = 0; i < points.Length; i++)
        {
            var width = labels[i].Text.Length * 6.7;
            var left = points[i].Item1 + labels[i].X - (labels[i].Align == "right" ? width : labels[i].Align == "center" ? width / 2 : 0);
            Assert.InRange(left, 0, 590 - width);
        }
        Assert.True(labels.Count(l => l.Text.Length > 0) > 15);
    }

    private static void DrawEach((string Name, ResultFile Result, string[] Missing)[] shapes, Func<ReportSection, Figure[]> draw)
    {
        using var folder = new TemporaryFolder();
        var jobs = new List<FigureRenderer.Job>();
        foreach (var (name, result, missing) in shapes)
        {
            var section = MadeUp.Section(result);
            var figures = draw(section);
            Assert.True(missing.SequenceEqual(figures.Where(f => f.Spec is null).Select(f => f.Name)),
                $"{name}: left out {string.Join(", ", figures.Where(f => f.Spec is null).Select(f => f.Name))}");
            Assert.All(figures.Where(f => f.Spec is null), f => Assert.True(f.Missing.Length > 10 && f.Finding.Length == 0));
            Assert.All(figures.Where(f => f.Spec is not null), f =>
                Assert.True(f.Finding.Length > 10 && f.Reading.Length > 10 && f.Data!.Rows.Length > 0));
            jobs.AddRange(figures.Where(f => f.Spec is not null)
                .Select(f => new FigureRenderer.Job($"{name} {f.Name}", FigureStyle.Title(f, section.Subtitle), f.Spec!)));
        }
        Assert.Equal("", FigureRenderer.Render(jobs, folder.Path, "node", CancellationToken.None));
        foreach (var job in jobs)
        {
            var svg = XDocument.Load(folder[$"{job.Name}.svg"]);
            Assert.DoesNotContain("NaN", svg.ToString());
            XDocument.Load(folder[$"{job.Name}.inline.svg"]);
            Assert.InRange(new FileInfo(folder[$"{job.Name}.svg"]).Length, 1_000, 4_000_000);
            var width = double.Parse(svg.Root!.Attribute("width")!.Value, System.Globalization.CultureInfo.InvariantCulture);
            Assert.True(width is > 250 and < 1000, $"{job.Name} is {width} wide");
        }
    }

    private static ResultFile Unknown(ResultFile result) => Each(result, p => p with
    {
        Measures = p.Measures with
        {
            RankCopiesPerTokenLayer = null,
            NodeCopiesPerTokenLayer = null,
            DispatchBytes = null,
            CombineBytes = null,
            ContextBytes = null,
            StepSeconds = null,
            MemoryBytesPerRank = null
        },
        Detail = p.Detail with { RankCopiesByLayer = [] },
        Solve = null,
        SolveSeconds = null,
        Trajectory = [],
    });

    private static ResultFile Older(ResultFile result) => Each(result, p => p with
    {
        Detail = p.Detail with { Remaining = null, RedundantSlotsPerLayer = null },
        Trajectory = [],
        RunSeconds = null,
        PeakMemoryBytes = null,
        OtherResidency = null,
    });

    private static ResultFile NoLoad(ResultFile result) =>
        Each(result, p => p with
        {
            Detail = p.Detail with
            {
                LoadByLayerAndRank = [.. p.Detail.LoadByLayerAndRank.Select(l =>
            l.Select(_ => 0L).ToImmutableArray())]
            }
        });

    private static ResultFile Still(ResultFile result) => Each(result, p => p with
    {
        Measures = p.Measures with
        {
            GpuCrossingFraction = 0,
            NodeCrossingFraction = 0,
            RankCopiesPerTokenLayer = 0,
            NodeCopiesPerTokenLayer = 0,
            ImbalanceMean = 1
        },
        Detail = p.Detail with
        {
            GpuCrossingByLayer = [0, 0, 0],
            Remaining = p.Detail.Remaining! with { GpuCrossingsByLayer = [0, 0, 0], NodeCrossingsByLayer = [0, 0, 0], HeaviestPairs = [] },
        },
    });

    private static ResultFile Each(ResultFile result, Func<PlacementResult, PlacementResult> change) =>
        result with { Placements = [.. result.Placements.Select(change)] };
}
