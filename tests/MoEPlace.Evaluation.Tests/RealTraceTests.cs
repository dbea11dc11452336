using MoEPlace.Results;
using MoEPlace.Tests.Shared;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Evaluation.Tests;

public sealed class RealTraceTests
{
    private static readonly Cluster EightRanks = ClusterPresets.Parse("1x8");

    [Fact]
    public void Contiguous_gpt_oss_on_eight_ranks_has_the_known_measures()
    {
        using var test = RecordedTrace.GptOss();
        var (home, coherent) = (Judge(test, Residency.Home), Judge(test, Residency.Coherent));
        Assert.Equal(12_264, home.Tokens);
        Assert.Equal(0.885, home.GpuCrossingFraction!.Value, 5e-4);
        Assert.Equal(0.885, coherent.GpuCrossingFraction!.Value, 5e-4);
        Assert.Equal(6.272, home.RankCopiesPerTokenLayer!.Value, 5e-4);
        Assert.Equal(5.721, coherent.RankCopiesPerTokenLayer!.Value, 5e-4);
        Assert.Equal(home.ImbalanceMax, coherent.ImbalanceMax);
    }

    [Fact]
    public void Contiguous_DeepSeek_V2_Lite_on_eight_ranks_has_the_known_measures()
    {
        using var test = RecordedTrace.DeepSeekV2Lite();
        var (home, coherent) = (Judge(test, Residency.Home), Judge(test, Residency.Coherent));
        Assert.Equal(0.867, home.GpuCrossingFraction!.Value, 5e-4);
        Assert.Equal(7.977, home.RankCopiesPerTokenLayer!.Value, 5e-4);
        Assert.Equal(7.538, coherent.RankCopiesPerTokenLayer!.Value, 5e-4);
        Assert.Equal(home.DispatchBytes, home.CombineBytes);
    }

    private static PlacementMeasures Judge(RecordedTrace test, Residency residency) => PlacementCost.Evaluate(
        new TraceSlice(test.Trace, TraceSplit.Test), TestModels.Contiguous(test.Trace.Model, EightRanks), EightRanks,
        new EvaluationOptions { Residency = residency }).Measures;
}
