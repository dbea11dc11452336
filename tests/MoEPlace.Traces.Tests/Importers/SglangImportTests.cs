using MoEPlace.Traces.Importers;
using MoEPlace.Traces.Tests.Fixtures;
using Xunit;

namespace MoEPlace.Traces.Tests.Importers;

/// <summary>The formulas are those of Fixtures/make_torch_fixtures.py.</summary>
public sealed class SglangImportTests
{
    private const int Experts = 4;
    private const string Model = """{"name":"m","hiddenLayers":3,"moeLayerIds":[1,2],"experts":4,"topK":2}""";
    private static readonly int[][] SlotMap = [[0, 1, 2, 3, 0, 1], [3, 1, 0, 2, 1, 0], [2, 0, 1, 3, 3, 2]];

    [Fact]
    public void Statistics_become_a_load_file_without_unused_steps_and_dense_layers()
    {
        using var folder = new TempFolder();
        var result = Import(folder, "sglang_stat.pt");
        Assert.Equal((LoadHeader.FormatName, 3), (result.Format, result.Windows));
        Assert.Contains(result.Notes, n => n.StartsWith("1 of 4 steps", StringComparison.Ordinal));
        using var load = LoadFile.Open(result.Path);
        int[] steps = [0, 1, 3];
        for (var w = 0; w < steps.Length; w++)
            Assert.Equal(from l in new[] { 1, 2 } from e in Enumerable.Range(0, Experts) select (long)(10 * steps[w] + 3 * l + e + 1), load.Window(w).ToArray());
        Assert.Equal(Enumerable.Range(0, 8).Select(i => load.Window(0)[i] + load.Window(1)[i] + load.Window(2)[i]), load.Sum());
    }

    [Fact]
    public void Passes_are_added_over_ranks_and_mapped_to_logical_experts()
    {
        using var folder = new TempFolder();
        var result = Import(folder, "sglang_per_pass_1.pt", "sglang_per_pass_0.pt");
        Assert.Contains(result.Notes, n => n.StartsWith("1 of 3 passes", StringComparison.Ordinal));
        using var load = LoadFile.Open(result.Path);
        Assert.Equal(2, load.Windows);
        for (var w = 0; w < 2; w++)
        {
            var expected = new long[2 * Experts];
            for (var rank = 0; rank < 2; rank++)
                for (var layer = 1; layer < 3; layer++)
                    for (var slot = 0; slot < 6; slot++)
                        expected[(layer - 1) * Experts + SlotMap[layer][slot]] += 100 * (w + 4) + 10 * rank + layer + slot;
            Assert.Equal(expected, load.Window(w).ToArray());
        }
    }

    [Fact]
    public void Tokens_become_a_trace_with_step_home_phase_and_derived_sequences()
    {
        using var folder = new TempFolder();
        var result = Import(folder, "sglang_per_token_0.pt", "sglang_per_token_1.pt");
        using var trace = RoutingTrace.Open(result.Path);
        // Pass 7: rank 0 runs two prompts, rank 1 the first chunk of another; 8: decode of both, second chunk; 9: idle, decode; 10: mixed, idle.
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 3, 3, 3], trace.Step(0, 15).ToArray());
        Assert.Equal([0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0], trace.Home(0, 15).ToArray().Select(h => (int)h));
        Assert.Equal([0, 1, 2, 0, 1, 0, 1, 3, 2, 2, 3, 4, 4, 0, 1], Rows.Positions(trace));
        Assert.Equal([0, 0, 0, 1, 1, 2, 2, 0, 1, 2, 2, 2, 0, 3, 3], Rows.Sequences(trace));
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0], trace.Phase(0, 15).ToArray());
        int[] inPass = [0, 1, 2, 3, 4, 0, 1, 0, 1, 0, 1, 0, 0, 1, 2];
        int[] pass = [7, 7, 7, 7, 7, 7, 7, 8, 8, 8, 8, 9, 10, 10, 10];
        for (var t = 0; t < 15; t++)
            Assert.Equal(
                from layer in new[] { 1, 2 } from choice in new[] { 0, 1 } select (ushort)((pass[t] + inPass[t] + layer + choice) % Experts), Rows.Experts(trace, t));
        Assert.Equal(4, result.Sequences);
    }

    [Fact]
    public void Tokens_need_no_model_when_the_layers_are_told()
    {
        using var folder = new TempFolder();
        var result = SglangImport.Run(new SglangImportOptions([Fixture.Path("sglang_per_token_0.pt")], folder["o"]) { MoeLayers = "1-2" });
        Assert.Equal((3, 4, 2), (result.Model.HiddenLayers, result.Model.Experts, result.Model.TopK));
    }

    [Fact]
    public void Tokens_that_all_ranks_recorded_count_once()
    {
        using var folder = new TempFolder();
        var result = Import(folder, "sglang_per_token_0.pt", "sglang_per_token_same.pt");
        Assert.Equal(10, result.Tokens);
        Assert.False(result.Columns.HasFlag(TraceColumns.Home));
        Assert.Contains(result.Notes, n => n.StartsWith("All ranks recorded the same", StringComparison.Ordinal));
    }

    [Fact]
    public void Sequences_that_wait_at_one_position_continue_in_batch_order_the_latest_first()
    {
        var number = 0;
        var sequences = new SglangSequences(() => number++);
        Assert.Equal((0, 1), (sequences.Of(0, 4), sequences.Of(0, 4)));
        sequences.EndPass(0);
        Assert.Equal(2, sequences.Of(0, 4));
        sequences.EndPass(1);
        Assert.Equal((2, 0, 1, 3), (sequences.Of(4, 1), sequences.Of(4, 1), sequences.Of(4, 1), sequences.Of(4, 1)));
        Assert.Equal(4, sequences.Of(5, 1));
    }

    private static ImportResult Import(TempFolder folder, params string[] fixtures) => SglangImport.Run(
        new SglangImportOptions([.. fixtures.Select(f => Fixture.Path(f))], folder["o.safetensors"]) { Model = folder.Write("m.json", Model) });
}
