using MoEPlace.Traces.Importers;
using Xunit;

namespace MoEPlace.Traces.Tests.Importers;

public sealed class TensorRtLlmImportTests
{
    [Fact]
    public void Counts_are_added_over_ranks_by_model_layer()
    {
        using var folder = new TempFolder();
        folder.Write("meta_info.json", """{"num_experts":4,"num_experts_per_token":2,"ep_size":2}""");
        for (var rank = 0; rank < 2; rank++)
            folder.Write($"rank{rank}.safetensors", SafetensorsBytes.Of([.. from i in new[] { 100, 101 } from l in new[] { 3, 4 } select Counts(i, l, rank)]));
        var result = TensorRtLlmImport.Run(new TensorRtLlmImportOptions(folder.Path, folder["o"]));
        using var load = LoadFile.Open(result.Path);
        Assert.Equal([3, 4], load.Model.MoeLayerIds);
        Assert.Equal((5, 2, 2L), (load.Model.HiddenLayers, load.Model.TopK, load.Windows));
        for (var w = 0; w < 2; w++)
            Assert.Equal(from l in new[] { 3, 4 } from e in Enumerable.Range(0, 4) select Count(100 + w, l, 0, e) + Count(100 + w, l, 1, e), load.Window(w).ToArray());
    }

    [Fact]
    public void Raw_choices_become_a_trace_with_home_and_step()
    {
        using var folder = new TempFolder();
        folder.Write("meta_info.json", """{"num_experts":300,"num_experts_per_token":2}""");
        folder.Write("rank0_raw.safetensors", SafetensorsBytes.Of(Raw(7, 3, 0, 2), Raw(7, 4, 0, 2), Raw(8, 3, 0, 0), Raw(8, 4, 0, 0)));
        folder.Write("rank1_raw.safetensors", SafetensorsBytes.Of(Raw(7, 3, 1, 1), Raw(7, 4, 1, 1), Raw(8, 3, 1, 3), Raw(8, 4, 1, 3)));
        var result = TensorRtLlmImport.Run(new TensorRtLlmImportOptions(folder.Path, folder["o"]) { Raw = true });
        using var trace = RoutingTrace.Open(result.Path);
        Assert.Equal([0, 0, 0, 1, 1, 1], trace.Step(0, 6).ToArray());
        Assert.Equal([0, 0, 1, 1, 1, 1], trace.Home(0, 6).ToArray().Select(h => (int)h));
        Assert.Equal([0, 0, 1, 2, 2, 2], Rows.Sequences(trace));
        Assert.Equal([0, 1, 0, 0, 1, 2], Rows.Positions(trace));
        Assert.Equal(from l in new[] { 3, 4 } from c in new[] { 0, 1 } select (ushort)Chosen(8, l, 1, 2, c), Rows.Experts(trace, 5));
    }

    [Fact]
    public void Popularity_of_Mixtral_becomes_one_window_per_file()
    {
        using var folder = new TempFolder();
        var files = Directory.GetFiles(SharedData.Path("traces", "mixtral-8x7b-fiddler-popularity"), "*.json").Order(StringComparer.Ordinal).ToArray();
        var result = PopularityImport.Run(new PopularityImportOptions([.. files], folder["o"]) { Licence = "Apache-2.0" });
        using var load = LoadFile.Open(result.Path);
        Assert.Equal((14L, 32, 8), (load.Windows, load.Layers, load.Experts));
        var biology = Array.FindIndex(files, f => f.EndsWith("instruct__expert_popularity_high_school_biology.json", StringComparison.Ordinal));
        Assert.Equal([2520, 2687, 2904, 2331, 2491, 2972, 2340, 2527, 2958], load.Window(biology)[..9].ToArray());
        Assert.Equal("Apache-2.0", load.Header.Licence);
        Assert.Equal(64, load.Digest.Length);
    }

    private static long Count(int iteration, int layer, int rank, int expert) => iteration + 10 * layer + 1000 * rank + expert;

    private static (string, string, long[], byte[]) Counts(int iteration, int layer, int rank) =>
        ($"{iteration}_{layer}", "I64", [4], SafetensorsBytes.Bytes(Enumerable.Range(0, 4).Select(e => Count(iteration, layer, rank, e)).ToArray()));

    private static int Chosen(int iteration, int layer, int rank, int token, int choice) => (iteration * 31 + layer * 7 + rank * 3 + token * 50 + choice) % 300;

    private static (string, string, long[], byte[]) Raw(int iteration, int layer, int rank, int tokens) =>
        ($"{iteration}_{layer}", "I32", [tokens, 2], SafetensorsBytes.Bytes(
            (from t in Enumerable.Range(0, tokens) from c in new[] { 0, 1 } select Chosen(iteration, layer, rank, t, c)).ToArray()));
}
