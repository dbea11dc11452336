using MoEPlace.Traces.Importers;
using MoEPlace.Traces.Tests.Npy;
using Xunit;

namespace MoEPlace.Traces.Tests.Importers;

public sealed class NpyImportTests
{
    private const int NumpyHeader = 128;

    [Fact]
    public void Imports_a_task_of_DeepSeek_V2_Lite_whose_ids_are_not_sorted()
    {
        using var folder = new TempFolder();
        var ids = SharedData.Path("traces", "deepseek-v2-lite-esft", "law.ids.u8.npy");
        var weights = SharedData.Path("traces", "deepseek-v2-lite-esft", "law.weights.f16.npy");
        var result = NpyImport.Run(new NpyImportOptions(ids, folder["law.safetensors"])
        {
            Weights = weights,
            Lengths = SharedData.Path("traces", "deepseek-v2-lite-esft", "law.seqlens.json"),
            Model = "deepseek-v2-lite",
            MoeLayers = "1-26",
            Domain = "law",
            Licence = "MIT",
        });
        Assert.Equal((8327, 33), (result.Tokens, result.Sequences));
        Assert.Empty(result.Notes);
        using var trace = RoutingTrace.Open(result.Path);
        Assert.Equal((26, 64, 6, 27), (trace.Layers, trace.Experts, trace.TopK, trace.Model.HiddenLayers));
        Assert.Equal(ChoiceOrder.Unordered, trace.Header.ChoiceOrder);
        Assert.True(trace.HasTopOne);
        SameIds(ids, trace);
        SameWeights(weights, trace);
        // The first two sequences have 211 and 238 tokens.
        Assert.Equal((0, 210), (trace.Sequence(210, 1)[0], trace.Position(210, 1)[0]));
        Assert.Equal((1, 0), (trace.Sequence(211, 1)[0], trace.Position(211, 1)[0]));
        Assert.Equal((2, 0), (trace.Sequence(449, 1)[0], trace.Position(449, 1)[0]));
        Assert.Equal(["law"], trace.Header.Domains);
    }

    [Fact]
    public void Imports_gpt_oss_with_its_index()
    {
        using var folder = new TempFolder();
        var ids = SharedData.Path("traces", "gpt-oss-20b", "subset.ids.u8.npy");
        var result = NpyImport.Run(new NpyImportOptions(ids, folder["gpt-oss.safetensors"])
        {
            Weights = SharedData.Path("traces", "gpt-oss-20b", "subset.probs.f16.npy"),
            Index = SharedData.Path("traces", "gpt-oss-20b", "subset.index.json"),
            Model = "gpt-oss-20b",
        });
        Assert.Equal((59_998, 118), (result.Tokens, result.Sequences));
        using var trace = RoutingTrace.Open(result.Path);
        Assert.Equal(ChoiceOrder.ByWeight, trace.Header.ChoiceOrder);
        Assert.Contains("mmlu_test", trace.Header.Domains);
        Assert.Equal((1, 0), (trace.Sequence(511, 1)[0], trace.Position(511, 1)[0]));
        SameIds(ids, trace);
    }

    [Fact]
    public void Imports_the_own_trace_as_its_description_says()
    {
        using var folder = new TempFolder();
        var result = NpyImport.Run(new NpyImportOptions(SharedData.Path("traces", "own-tiny-moe", "expert_ids.npy"), folder["own.safetensors"])
        {
            Weights = SharedData.Path("traces", "own-tiny-moe", "gate_weights.npy"),
            Sequences = SharedData.Path("traces", "own-tiny-moe", "sequence.npy"),
            Domains = SharedData.Path("traces", "own-tiny-moe", "domain.npy"),
            Model = SharedData.Path("traces", "own-tiny-moe", "trace.json"),
        });
        Assert.Empty(result.Notes);
        using var trace = RoutingTrace.Open(result.Path);
        Assert.Equal((51_200, 8, 16, 2), (trace.Tokens, trace.Layers, trace.Experts, trace.TopK));
        Assert.Equal("own-tiny-moe", trace.Model.Name);
        Assert.Equal(["bible_rv1909_es", "bible_web_en", "go_src", "shakespeare_en", "wordnet_glosses_en"], trace.Header.Domains);
        Assert.Equal((ChoiceOrder.ByWeight, TraceOrigin.Measured, "MIT"), (trace.Header.ChoiceOrder, trace.Header.Origin, trace.Header.Licence));
        Assert.Equal(result.Sequences, Rows.Sequences(trace).Distinct().Count());
    }

    [Fact]
    public void Positions_are_counted_within_sequences_that_alternate()
    {
        using var folder = new TempFolder();
        var result = NpyImport.Run(new NpyImportOptions(folder.Write("i.npy", NpyBytes.Of<short>([0, 1, 2, 3, -1], 5, 1, 1)), folder["o.safetensors"])
        {
            Sequences = folder.Write("s.npy", NpyBytes.Of<long>([9, 4, 9, 9, 4], 5)),
            Domains = folder.Write("d.npy", NpyBytes.Of<byte>([1, 0, 1, 1, 0], 5)),
        });
        using var trace = RoutingTrace.Open(result.Path);
        Assert.Equal([9, 4, 9, 9, 4], Rows.Sequences(trace));
        Assert.Equal([0, 0, 1, 2, 1], Rows.Positions(trace));
        Assert.Equal([1, 0, 1, 1, 0], trace.Domain(0, 5).ToArray());
        Assert.Equal(["domain 0", "domain 1"], trace.Header.Domains);
        Assert.Equal(RoutingTrace.NoExpert, Rows.Experts(trace, 4)[0]);
        Assert.Equal((4, 2L), (trace.Experts, result.Sequences));
    }

    [Fact]
    public void Without_sequences_each_token_is_its_own_and_a_note_says_so()
    {
        using var folder = new TempFolder();
        var result = NpyImport.Run(new NpyImportOptions(folder.Write("i.npy", NpyBytes.Of<int>([0, 1, 300, 3], 2, 1, 2)), folder["o.safetensors"]) { MoeLayers = "5" });
        Assert.Equal(2, result.Notes.Length);
        using var trace = RoutingTrace.Open(result.Path);
        Assert.Equal([0, 1], Rows.Sequences(trace));
        Assert.Equal((6, 301, 2), (trace.Model.HiddenLayers, trace.Experts, trace.ExpertIdBytes));
        Assert.Equal([300, 3], Rows.Experts(trace, 1));
    }

    [Fact]
    public void Blocks_join_without_a_seam()
    {
        using var folder = new TempFolder();
        const int tokens = 70_000;
        var ids = new byte[tokens * 6];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = (byte)(i % 3 + 3 * (i / 3 % 7));
        var lengths = Enumerable.Repeat(700, tokens / 700);
        var result = NpyImport.Run(new NpyImportOptions(folder.Write("i.npy", NpyBytes.Of(ids, tokens, 2, 3)), folder["o.safetensors"])
        {
            Weights = folder.Write("w.npy", NpyBytes.Of([.. ids.Select(i => (float)-i)], tokens, 2, 3)),
            Lengths = folder.Write("l.json", $"[{string.Join(',', lengths)}]"),
        });
        using var trace = RoutingTrace.Open(result.Path);
        Assert.Equal(ids, trace.NarrowExperts(0, tokens).ToArray());
        Assert.Equal(Enumerable.Range(0, tokens).Select(i => i / 700), Rows.Sequences(trace));
        Assert.Equal(Enumerable.Range(0, tokens).Select(i => i % 700), Rows.Positions(trace));
        Assert.Equal(ChoiceOrder.ByWeight, trace.Header.ChoiceOrder);
    }

    [Fact]
    public void ExFlow_traces_have_one_choice_of_their_model()
    {
        using var folder = new TempFolder();
        var ids = Enumerable.Range(0, 3 * 32).Select(i => (long)(i * 5 % 8)).ToArray();
        var result = ExFlowImport.Run(new ExFlowImportOptions(folder.Write("t.npy", NpyBytes.Of(ids, 3, 32)), folder["o.safetensors"]) { Model = "mixtral-8x7b" });
        using var trace = RoutingTrace.Open(result.Path);
        Assert.Equal((32, 1, 8), (trace.Layers, trace.TopK, trace.Experts));
        Assert.True(trace.HasTopOne);
        Assert.Equal(ids.Skip(64).Select(i => (ushort)i), Rows.Experts(trace, 2));
    }

    private static void SameIds(string npy, RoutingTrace trace) =>
        Assert.True(File.ReadAllBytes(npy).AsSpan(NumpyHeader).SequenceEqual(trace.NarrowExperts(0, (int)trace.Tokens)));

    private static void SameWeights(string npy, RoutingTrace trace) => Assert.True(File.ReadAllBytes(npy).AsSpan(NumpyHeader)
        .SequenceEqual(System.Runtime.InteropServices.MemoryMarshal.AsBytes(trace.GateWeights(0, (int)trace.Tokens))));
}
