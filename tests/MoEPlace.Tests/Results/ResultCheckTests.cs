using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Tests.Results;

public sealed class ResultCheckTests
{
    private static readonly PlacementMeasures Measures = new(10, 0.5, 0.25, 3, 1, 100, 100, 0, 1.1, 1.2, 1.3, 0.001, 1000);

    private static readonly RemainingTraffic Remaining = new([10], [5], [2], [new(0, 1, 2, 3, 0, 1), new(0, 2, 1, 2, 1, 0)]);

    private static readonly PlacementDetail Detail =
        new([[5, 5], [4, 6]], [0.5], [1, 2], [[0, 0, 1], [1, 0, 1]], Remaining, 0);

    private static readonly SolvePoint[] Curve = [new(0, null, null), new(1, 20, 10), new(1, 18, null), new(2, null, 18)];

    private static readonly ResultFile Good = new(
        ResultFile.FormatName, "model", "measured", "source", "digest", "test", "home", "cluster", 1, 2,
        [new("a", "contiguous", 1, null, null, null, Measures, Detail, "train", 3, 1000, Measures) { Trajectory = [.. Curve] }], new LayerAffinity(0, [[1, 2, 3], [4, 5, 6], [7, 8, 9]]));

    public static TheoryData<string> Breaches => [.. Broken.Keys];

    private static Dictionary<string, ResultFile> Broken { get; } = new()
    {
        ["format"] = Good with { Format = "moeplace.result/9" },
        ["origin"] = Good with { Origin = "guessed" },
        ["nodes"] = Good with { Nodes = 0 },
        ["ranksPerNode"] = Good with { RanksPerNode = 2000 },
        ["placements"] = Good with { Placements = [] },
        ["placements[0]"] = Good with { Placements = [null!] },
        ["placements[0].label"] = Good with { Placements = [Good.Placements[0] with { Label = " " }] },
        ["placements[0].measures.gpuCrossingFraction"] = Judged(Measures with { GpuCrossingFraction = 1.5 }),
        ["placements[0].measures.nodeCrossingFraction"] = Judged(Measures with { NodeCrossingFraction = -0.1 }),
        ["placements[0].measures.stepSeconds"] = Judged(Measures with { StepSeconds = double.PositiveInfinity }),
        ["placements[0].measures.imbalanceMean"] = Judged(Measures with { ImbalanceMean = double.NaN }),
        ["placements[0].measures.dispatchBytes"] = Judged(Measures with { DispatchBytes = -1 }),
        ["placements[0].detail.loadByLayerAndRank"] = Detailed(Detail with { LoadByLayerAndRank = [[1, 2]] }),
        ["placements[0].detail.loadByLayerAndRank[1]"] = Detailed(Detail with { LoadByLayerAndRank = [[1, 2], [1]] }),
        ["placements[0].detail.loadByLayerAndRank[1][0]"] = Detailed(Detail with { LoadByLayerAndRank = [[1, 2], [-1, 2]] }),
        ["placements[0].detail.rankOfExpert[0][2]"] = Detailed(Detail with { RankOfExpert = [[0, 0, 2], [1, 0, 1]] }),
        ["placements[0].detail.rankOfExpert[1]"] = Detailed(Detail with { RankOfExpert = [[0, 0, 1], default] }),
        ["placements[0].detail.gpuCrossingByLayer"] = Detailed(Detail with { GpuCrossingByLayer = [0.5, 0.5] }),
        ["placements[0].detail.gpuCrossingByLayer[0]"] = Detailed(Detail with { GpuCrossingByLayer = [2] }),
        ["placements[0].detail.rankCopiesByLayer"] = Detailed(Detail with { RankCopiesByLayer = default }),
        ["placements[0].runSeconds"] = Good with { Placements = [Good.Placements[0] with { RunSeconds = -1 }] },
        ["placements[0].peakMemoryBytes"] = Good with { Placements = [Good.Placements[0] with { PeakMemoryBytes = -1 }] },
        ["placements[0].otherResidency.rankCopiesPerTokenLayer"] = Good with
        {
            Placements = [Good.Placements[0] with { OtherResidency = Measures with { RankCopiesPerTokenLayer = -1 } }]
        },
        ["placements[0].otherResidency.interNodeBytes"] = Good with
        {
            Placements = [Good.Placements[0] with { OtherResidency = Measures with { InterNodeBytes = -1 } }]
        },
        ["placements[0].solve.gap"] = Summed(s => s with { Gap = -7 }),
        ["placements[0].solve.bound"] = Summed(s => s with { Bound = s.Objective + 1 }),
        ["placements[0].solve.objective"] = Summed(s => s with { Objective = double.NaN, Bound = null }),
        ["placements[0].solve.iterations"] = Summed(s => s with { Iterations = -3 }),
        ["placements[0].migrationCurve[0].bytes"] = Migrated(new MigrationPoint(-1, 1)),
        ["placements[0].migrationCurve[1].objective"] = Migrated(new MigrationPoint(1, 1), new MigrationPoint(2, -1)),
        ["placements[0].trajectory[0]"] = Solved([null!]),
        ["placements[0].trajectory[0].seconds"] = Solved(new SolvePoint(double.NaN, 1, 1)),
        ["placements[0].trajectory[0].objective"] = Solved(new SolvePoint(0, -1, null)),
        ["placements[0].trajectory[1].seconds"] = Solved(new SolvePoint(2, 2, 1), new SolvePoint(1, 2, 1)),
        ["placements[0].trajectory[1].bound"] = Solved(new SolvePoint(2, 2, 2), new SolvePoint(3, 2, 2.1)),
        ["placements[0].trajectory[2].bound"] = Solved(Curve[0], Curve[1], new SolvePoint(3, null, double.NegativeInfinity)),
        ["placements[0].detail.redundantSlotsPerLayer"] = Detailed(Detail with { RedundantSlotsPerLayer = -1 }),
        ["placements[0].detail.remaining.transitionsByLayer"] = Remains(Remaining with { TransitionsByLayer = [10, 10] }),
        ["placements[0].detail.remaining.transitionsByLayer[0]"] = Remains(Remaining with { TransitionsByLayer = [-1] }),
        ["placements[0].detail.remaining.gpuCrossingsByLayer"] = Remains(Remaining with { GpuCrossingsByLayer = default }),
        ["placements[0].detail.remaining.gpuCrossingsByLayer[0]"] = Remains(Remaining with { GpuCrossingsByLayer = [11] }),
        ["placements[0].detail.remaining.nodeCrossingsByLayer[0]"] = Remains(Remaining with { NodeCrossingsByLayer = [6] }),
        ["placements[0].detail.remaining.heaviestPairs"] = Remains(Remaining with { HeaviestPairs = default }),
        ["placements[0].detail.remaining.heaviestPairs[0]"] = Remains(Remaining with { HeaviestPairs = [null!] }),
        ["placements[0].detail.remaining.heaviestPairs[0].fromLayer"] = Paired(new CrossingPair(1, 0, 0, 1, 0, 0)),
        ["placements[0].detail.remaining.heaviestPairs[0].fromExpert"] = Paired(new CrossingPair(0, 3, 0, 1, 0, 0)),
        ["placements[0].detail.remaining.heaviestPairs[0].toExpert"] = Paired(new CrossingPair(0, 0, -1, 1, 0, 0)),
        ["placements[0].detail.remaining.heaviestPairs[0].fromRank"] = Paired(new CrossingPair(0, 0, 0, 1, 2, 0)),
        ["placements[0].detail.remaining.heaviestPairs[0].toRank"] = Paired(new CrossingPair(0, 0, 0, 1, 0, 2)),
        ["placements[0].detail.remaining.heaviestPairs[1].tokens"] = Paired(new CrossingPair(0, 0, 0, 1, 0, 0), new CrossingPair(0, 0, 0, 2, 0, 0)),
        ["placements[1].detail.rankOfExpert"] = Good with
        {
            Placements = [Good.Placements[0],
            Good.Placements[0] with { Detail = Detail with { RankOfExpert = [[0, 0, 1]] } }]
        },
        ["affinity.fromLayer"] = Good with { Affinity = Good.Affinity! with { FromLayer = 1 } },
        ["affinity.transitions"] = Good with { Affinity = new LayerAffinity(0, [[1, 2, 3]]) },
        ["affinity.transitions[2]"] = Good with { Affinity = new LayerAffinity(0, [[1, 2, 3], [1, 2, 3], [1, 2]]) },
        ["affinity.transitions[0][1]"] = Good with { Affinity = new LayerAffinity(0, [[1, -2, 3], [1, 2, 3], [1, 2, 3]]) },
    };

    [Fact]
    public void A_valid_result_has_no_fault_and_comes_back_from_its_file()
    {
        Assert.Empty(Faults(Good));
        var path = Path.GetTempFileName();
        try
        {
            Good.Write(path);
            Assert.Equal(Good.Placements[0].Measures, ResultFile.Read(path).Placements[0].Measures);
            File.WriteAllText(path, File.ReadAllText(path).Replace("\"measured\"", "\"guessed\""));
            Assert.Contains("origin", Assert.Throws<InputException>(() => ResultFile.Read(path)).Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void What_a_placement_gained_over_time_and_what_still_crosses_come_back_from_the_file()
    {
        using var file = new TemporaryResult(Good);
        var (before, after) = (Good.Placements[0], ResultFile.Read(file.Path).Placements[0]);
        Assert.Equal(Curve, after.Trajectory);
        Assert.Equal((3, 1000, Measures), (after.RunSeconds, after.PeakMemoryBytes, after.OtherResidency));
        Assert.Equal(before.Detail.Remaining!.HeaviestPairs, after.Detail.Remaining!.HeaviestPairs);
        Assert.Equal(before.Detail.Remaining.NodeCrossingsByLayer, after.Detail.Remaining.NodeCrossingsByLayer);
    }

    [Fact]
    public void A_file_from_before_the_optional_keys_is_read()
    {
        using var file = new TemporaryResult(Good);
        var root = JsonNode.Parse(File.ReadAllText(file.Path))!;
        var placement = root["placements"]![0]!.AsObject();
        foreach (var key in new[] { "trajectory", "runSeconds", "peakMemoryBytes", "otherResidency" })
            Assert.True(placement.Remove(key), key);
        foreach (var key in new[] { "remaining", "redundantSlotsPerLayer" })
            Assert.True(placement["detail"]!.AsObject().Remove(key), key);
        File.WriteAllText(file.Path, root.ToJsonString());
        var read = ResultFile.Read(file.Path).Placements[0];
        Assert.Empty(read.Trajectory);
        Assert.Null(read.Detail.Remaining);
        Assert.Null(read.PeakMemoryBytes);
        using var again = new TemporaryResult(Good with { Placements = [read] });
        Assert.Empty(ResultFile.Read(again.Path).Placements[0].Trajectory);
    }

    [Fact]
    public void All_breaches_are_told_at_once()
    {
        var placement = Solved(new SolvePoint(-1, -2, 3)).Placements[0] with
        {
            RunSeconds = -1,
            PeakMemoryBytes = -1,
            Detail = Detail with { Remaining = Remaining with { GpuCrossingsByLayer = [11], HeaviestPairs = [new(-1, 3, 3, -1, 2, 2)] } },
        };
        Assert.Equal(
            [
                "runSeconds", "peakMemoryBytes", "trajectory[0].seconds", "trajectory[0].objective", "trajectory[0].bound",
                "detail.remaining.gpuCrossingsByLayer[0]", "detail.remaining.heaviestPairs[0].fromLayer",
                "detail.remaining.heaviestPairs[0].fromExpert", "detail.remaining.heaviestPairs[0].toExpert",
                "detail.remaining.heaviestPairs[0].fromRank", "detail.remaining.heaviestPairs[0].toRank",
                "detail.remaining.heaviestPairs[0].tokens",
            ],
            Faults(Good with { Placements = [placement] }).Select(f => f.Field["placements[0].".Length..]));
    }

    [Theory]
    [MemberData(nameof(Breaches))]
    public void Every_breach_is_named_by_its_field(string field) => Assert.Contains(Faults(Broken[field]), f => f.Field == field);

    private static ImmutableArray<InputFault> Faults(ResultFile result)
    {
        var faults = new InputFaults("result.json");
        ResultCheck.Check(result, faults);
        return faults.ToImmutable();
    }

    private static ResultFile Judged(PlacementMeasures measures) =>
        Good with { Placements = [Good.Placements[0] with { Measures = measures }] };

    private static ResultFile Solved(params SolvePoint[] points) =>
        Good with { Placements = [Good.Placements[0] with { Trajectory = [.. points] }] };

    private static ResultFile Summed(Func<SolveSummary, SolveSummary> change) =>
        Good with
        {
            Placements = [Good.Placements[0] with { Solve = change(new SolveSummary(SolveStatus.Limit, "crossing", 10, 9, 0.1, 1, "time limit", [])) }],
        };

    private static ResultFile Migrated(params MigrationPoint[] points) =>
        Good with { Placements = [Good.Placements[0] with { MigrationCurve = [.. points] }] };

    private static ResultFile Remains(RemainingTraffic remaining) => Detailed(Detail with { Remaining = remaining });

    private static ResultFile Paired(params CrossingPair[] pairs) => Remains(Remaining with { HeaviestPairs = [.. pairs] });

    private static ResultFile Detailed(PlacementDetail detail) => Good with { Placements = [Good.Placements[0] with { Detail = detail }] };

    /// <summary>A result in a file that is gone when disposed.</summary>
    private sealed class TemporaryResult : IDisposable
    {
        internal TemporaryResult(ResultFile result) => result.Write(Path);

        internal string Path { get; } = System.IO.Path.GetTempFileName();

        public void Dispose() => File.Delete(Path);
    }
}
