using System.Runtime.InteropServices;
using MoEPlace.Traces.Importers;
using MoEPlace.Traces.Tests.Npy;
using Xunit;

namespace MoEPlace.Traces.Tests.Importers;

public sealed class RoutedExpertsTests
{
    // 4 hidden layers of which 0 and 2 are dense; top-2 of 8 experts.
    private static byte Id(int token, int layer, int choice) => layer % 2 == 0 ? (byte)0 : (byte)((token + layer + 3 * choice) % 8);

    private static byte[] Array(int tokens, int first) =>
        [.. from t in Enumerable.Range(first, tokens) from l in Enumerable.Range(0, 4) from c in Enumerable.Range(0, 2) select Id(t, l, c)];

    [Fact]
    public void Imports_one_npy_per_request_from_vLLM()
    {
        using var folder = new TempFolder();
        var result = VllmImport.Run(new VllmImportOptions(
            [folder.Write("a.npy", NpyBytes.Of(Array(3, 0), 3, 4, 2)), folder.Write("b.npy", NpyBytes.Of(Array(2, 10), 2, 4, 2))], folder["o.safetensors"])
        {
            MoeLayers = "1,3",
        });
        Check(result);
        Assert.Contains(result.Notes, n => n.Contains("top-1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("r.json", "[{0},{1}]")]
    [InlineData("r.jsonl", "{0}\n\n{1}\n")]
    public void Imports_responses_of_vLLM(string name, string format)
    {
        using var folder = new TempFolder();
        string Response(byte[] array, int tokens) =>
            $$"""{"id":"x","choices":[{"index":0,"routed_experts":"{{Convert.ToBase64String(NpyBytes.Of(array, tokens, 4, 2))}}"}]}""";
        var text = string.Format(System.Globalization.CultureInfo.InvariantCulture, format, Response(Array(3, 0), 3), Response(Array(2, 10), 2));
        Check(VllmImport.Run(new VllmImportOptions([folder.Write(name, text)], folder["o.safetensors"]) { MoeLayers = "1,3" }));
    }

    [Theory]
    [InlineData("""{"meta_info":{"routed_experts":"PAYLOAD"}}""")]
    [InlineData("""{"choices":[{"index":0}],"sglext":{"routed_experts":"PAYLOAD"}}""")]
    [InlineData("""{"choices":[{"sglext":{"routed_experts":"PAYLOAD"}}]}""")]
    public void Imports_bare_integers_of_SGLang_by_the_shape_of_the_model(string format)
    {
        using var folder = new TempFolder();
        string Response(byte[] array) =>
            format.Replace("PAYLOAD", Convert.ToBase64String(MemoryMarshal.AsBytes<int>([.. array.Select(i => (int)i)])), StringComparison.Ordinal);
        var model = folder.Write("m.json", """{"name":"m","hiddenLayers":4,"moeLayerIds":[1,3],"experts":8,"topK":2}""");
        Check(SglangImport.Run(new SglangImportOptions(
            [folder.Write("a.json", Response(Array(3, 0))), folder.Write("b.json", Response(Array(2, 10)))], folder["o.safetensors"])
        { Model = model }));
    }

    [Fact]
    public void Part_of_the_MoE_layers_can_be_kept()
    {
        using var folder = new TempFolder();
        var model = folder.Write("m.json", """{"name":"m","hiddenLayers":4,"moeLayerIds":[1,3],"experts":8,"topK":2}""");
        var result = VllmImport.Run(new VllmImportOptions([folder.Write("a.npy", NpyBytes.Of(Array(3, 0), 3, 4, 2))], folder["o.safetensors"])
        {
            Model = model,
            MoeLayers = "3",
        });
        using var trace = RoutingTrace.Open(result.Path);
        Assert.Equal([Id(2, 3, 0), Id(2, 3, 1)], Rows.Experts(trace, 2));
    }

    [Fact]
    public void Expert_255_of_256_is_an_expert_although_it_is_all_ones_in_a_byte()
    {
        using var folder = new TempFolder();
        var model = folder.Write("m.json", """{"name":"m","hiddenLayers":1,"moeLayerIds":[0],"experts":256,"topK":2}""");
        var result = VllmImport.Run(new VllmImportOptions([folder.Write("a.npy", NpyBytes.Of<byte>([255, 7], 1, 1, 2))], folder["o.safetensors"]) { Model = model });
        using var trace = RoutingTrace.Open(result.Path);
        Assert.Equal([255, 7], Rows.Experts(trace, 0));
    }

    private static void Check(ImportResult result)
    {
        using var trace = RoutingTrace.Open(result.Path);
        Assert.Equal([1, 3], trace.Model.MoeLayerIds);
        Assert.Equal((4, 8), (trace.Model.HiddenLayers, trace.Experts));
        Assert.Equal([0, 0, 0, 1, 1], Rows.Sequences(trace));
        Assert.Equal([0, 1, 2, 0, 1], Rows.Positions(trace));
        Assert.False(trace.HasTopOne);
        int[] tokens = [0, 1, 2, 10, 11];
        for (var i = 0; i < tokens.Length; i++)
            Assert.Equal([Id(tokens[i], 1, 0), Id(tokens[i], 1, 1), Id(tokens[i], 3, 0), Id(tokens[i], 3, 1)], Rows.Experts(trace, i));
    }
}
