using MoEPlace.Traces.Importers;
using MoEPlace.Traces.Tests.Importers;
using Xunit;

namespace MoEPlace.Traces.Tests;

public sealed class TraceMergeTests
{
    private const TraceColumns All = TraceColumns.GateWeights | TraceColumns.Step | TraceColumns.Home | TraceColumns.Phase | TraceColumns.Domain;

    [Fact]
    public void Sequences_and_steps_are_numbered_on_and_domains_united_by_name()
    {
        using var folder = new TempFolder();
        var a = SmallTrace.Write(folder["a"], 7, All, 1, domains: ["law", "code"]);
        var b = SmallTrace.Write(folder["b"], 4, All, 2, domains: ["code", "chat"]);
        var result = TraceMerge.Run([a, b], folder["o"]);
        using var first = RoutingTrace.Open(a);
        using var second = RoutingTrace.Open(b);
        using var merged = RoutingTrace.Open(folder["o"]);
        Assert.Equal((11L, 5L, All, TraceColumns.None), (merged.Tokens, result.Sequences, merged.Columns, result.Dropped));
        Assert.Equal([0, 0, 0, 1, 1, 1, 2, 3, 3, 3, 4], Rows.Sequences(merged));
        Assert.Equal([0, 1, 2, 0, 1, 2, 0, 0, 1, 2, 0], Rows.Positions(merged));
        Assert.Equal([0, 0, 1, 1, 2, 2, 3, 4, 4, 5, 5], merged.Step(0, 11).ToArray());
        Assert.Equal(["law", "code", "chat"], merged.Header.Domains);
        Assert.Equal([0, 1, 0, 1, 0, 1, 0, 1, 2, 1, 2], merged.Domain(0, 11).ToArray().Select(d => (int)d));
        for (var t = 0; t < 11; t++)
            Assert.Equal(t < 7 ? Rows.Experts(first, t) : Rows.Experts(second, t - 7), Rows.Experts(merged, t));
        Assert.Equal(second.GateWeights(0, 4).ToArray(), merged.GateWeights(7, 4).ToArray());
        Assert.Equal(second.Home(0, 4).ToArray(), merged.Home(7, 4).ToArray());
        Assert.Equal(second.Phase(0, 4).ToArray(), merged.Phase(7, 4).ToArray());
    }

    [Fact]
    public void Columns_that_one_trace_lacks_are_dropped_and_named()
    {
        using var folder = new TempFolder();
        var a = SmallTrace.Write(folder["a"], 5, TraceColumns.GateWeights | TraceColumns.Step, 1);
        var b = SmallTrace.Write(folder["b"], 5, TraceColumns.Step | TraceColumns.Home, 2, origin: TraceOrigin.Synthetic);
        var result = TraceMerge.Run([a, b], folder["o"]);
        Assert.Equal(TraceColumns.Step, result.Kept);
        Assert.Equal(["GateWeights", "Home"], result.DroppedNames);
        using var merged = RoutingTrace.Open(folder["o"]);
        Assert.Equal(TraceOrigin.Synthetic, merged.Header.Origin);
        Assert.Equal("seed 1; seed 2", merged.Header.Source);
        Assert.Equal("MIT", merged.Header.Licence);
    }

    [Fact]
    public void The_result_may_stand_in_place_of_an_input()
    {
        using var folder = new TempFolder();
        var a = SmallTrace.Write(folder["a"], 100_000, TraceColumns.None, 1);
        var b = SmallTrace.Write(folder["b"], 100_000, TraceColumns.None, 1);
        TraceMerge.Run([a, b], a);
        using var merged = RoutingTrace.Open(a);
        Assert.Equal(200_000, merged.Tokens);
        Assert.Equal(Rows.Experts(merged, 99_999), Rows.Experts(merged, 199_999));
    }

    [Fact]
    public void Four_tasks_of_DeepSeek_V2_Lite_become_one_trace_of_four_domains()
    {
        using var folder = new TempFolder();
        string[] tasks = ["intent", "law", "summary", "translation"];
        foreach (var task in tasks)
            NpyImport.Run(new NpyImportOptions(SharedData.Path("traces", "deepseek-v2-lite-esft", $"{task}.ids.u8.npy"), folder[task])
            {
                Weights = SharedData.Path("traces", "deepseek-v2-lite-esft", $"{task}.weights.f16.npy"),
                Lengths = SharedData.Path("traces", "deepseek-v2-lite-esft", $"{task}.seqlens.json"),
                Model = "deepseek-v2-lite",
                Domain = task,
            });
        var result = TraceMerge.Run([.. tasks.Select(t => folder[t])], folder["o"]);
        Assert.Equal((8_222 + 8_327 + 8_479 + 8_251, 213), (result.Tokens, result.Sequences));
        Assert.Equal(tasks, result.Header.Domains);
        using var merged = RoutingTrace.Open(result.Path);
        Assert.Equal(3, merged.Domain(merged.Tokens - 1, 1)[0]);
    }
}
