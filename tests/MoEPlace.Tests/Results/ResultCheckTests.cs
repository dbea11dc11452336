using System.Collections.Immutable;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Tests.Results;

public sealed class ResultCheckTests
{
    private static readonly PlacementMeasures Measures = new(10, 0.5, 0.25, 3, 1, 100, 100, 0, 1.1, 1.2, 1.3, 0.001, 1000);

    private static readonly PlacementDetail Detail = new([[5, 5], [4, 6]], [0.5], [1, 2], [[0, 0, 1], [1, 0, 1]]);

    private static readonly ResultFile Good = new(
        ResultFile.FormatName, "model", "measured", "source", "digest", "test", "home", "cluster", 1, 2,
        [new("a", "contiguous", 1, null, null, null, Measures, Detail)], new LayerAffinity(0, [[1, 2, 3], [4, 5, 6], [7, 8, 9]]));

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

    private static ResultFile Detailed(PlacementDetail detail) => Good with { Placements = [Good.Placements[0] with { Detail = detail }] };
}
