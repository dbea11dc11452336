using System.Runtime.InteropServices;
using System.Text.Json;
using MoEPlace.Traces;
using MoEPlace.Traces.Journals;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary><c>trace</c> on good input.</summary>
public sealed class TraceCommandTests(Samples samples)
{
    [Fact]
    public void Synthesize_gives_the_same_bytes_for_the_same_seed()
    {
        using var folder = new TempFolder();
        foreach (var (file, seed) in new[] { ("a", "7"), ("b", "7"), ("c", "8") })
        {
            var run = CliRun.Done(
                "trace", "synthesize", "--layers", "2", "--experts", "6", "--top-k", "2", "--tokens", "300", "--sequences", "10", "--seed",
                seed, "-o", folder[file]);
            Assert.Contains(folder[file], run.Output, StringComparison.Ordinal);
        }
        Assert.Equal(File.ReadAllBytes(folder["a"]), File.ReadAllBytes(folder["b"]));
        Assert.NotEqual(File.ReadAllBytes(folder["a"]), File.ReadAllBytes(folder["c"]));
    }

    [Fact]
    public void Info_tells_shape_origin_and_domains()
    {
        var told = CliRun.Json("trace", "info", samples.Trace);
        Assert.Equal(Samples.Tokens, told.GetProperty("tokens").GetInt64());
        Assert.Equal("synthetic", told.GetProperty("origin").GetString());
        Assert.Equal("toy", told.GetProperty("model").GetProperty("name").GetString());
        Assert.Equal(Samples.Tokens, told.GetProperty("domains").EnumerateArray().Sum(d => d.GetProperty("tokens").GetInt64()));
        var table = CliRun.Done("trace", "info", samples.Trace).Output;
        foreach (var word in new[] { "toy", "synthetic", "2,000", "4 x 8, top-2", "1-4", "affinity of adjacent layers", "synthetic 1" })
            Assert.Contains(word, table, StringComparison.Ordinal);
    }

    [Fact]
    public void Info_tells_the_skew_of_a_load_file()
    {
        var told = CliRun.Json("trace", "info", samples.Load);
        Assert.Equal("measured", told.GetProperty("origin").GetString());
        Assert.Equal(8, told.GetProperty("model").GetProperty("experts").GetInt32());
        Assert.All(told.GetProperty("skewByLayer").EnumerateArray(), skew => Assert.True(skew.GetDouble() >= 1));
        Assert.Equal(4, told.GetProperty("skewByLayer").GetArrayLength());
        Assert.Contains("measured", CliRun.Done("trace", "info", samples.Load).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_joins_tokens_and_sequences_and_tells_on_stderr_what_it_leaves_out()
    {
        using var folder = new TempFolder();
        CliRun.Done(
            "trace", "synthesize", "--model", samples.ModelFile, "--tokens", $"{Samples.Tokens}", "--sequences", "40", "--domains", "2",
            "--seed", "2", "-o", folder["second"]);
        CliRun.Done("trace", "merge", samples.Trace, folder["second"], "-o", folder["m"]);
        var told = CliRun.Json("trace", "info", folder["m"]);
        Assert.Equal((2 * Samples.Tokens, 80), (told.GetProperty("tokens").GetInt64(), told.GetProperty("sequences").GetInt64()));

        Trace(folder["with"], "2");
        Trace(folder["without"], "1");
        var run = CliRun.Done("trace", "merge", folder["with"], folder["without"], "-o", folder["n"]);
        Assert.Contains("domain", run.Error, StringComparison.OrdinalIgnoreCase);

        static void Trace(string path, string domains) => CliRun.Done(
            "trace", "synthesize", "--layers", "2", "--experts", "4", "--top-k", "1", "--tokens", "20", "--sequences", "4", "--domains",
            domains,
            "-o", path);
    }

    [Fact]
    public void Import_reads_an_npy_written_by_hand()
    {
        using var folder = new TempFolder();
        // 4 tokens, 2 layers, top-2 of 4 experts.
        byte[] ids = [0, 1, 2, 3, 1, 0, 3, 2, 2, 1, 0, 3, 3, 0, 1, 2];
        Half[] weights = [.. ids.Select((_, i) => (Half)(i % 2 == 0 ? 0.75 : 0.25))];
        NpyFiles.Write(folder["ids.npy"], "|u1", "4, 2, 2", ids);
        NpyFiles.Write(folder["weights.npy"], "<f2", "4, 2, 2", MemoryMarshal.AsBytes<Half>(weights));
        File.WriteAllText(folder["lengths.json"], "[3, 1]");
        CliRun.Done(
            "trace", "import", "--from", "npy", "--ids", folder["ids.npy"], "--weights", folder["weights.npy"], "--lengths",
            folder["lengths.json"], "--moe-layers", "3,5", "--domain", "hand", "--licence", "MIT", "--source", "by hand", "-o",
            folder["t"]);
        using var trace = RoutingTrace.Open(folder["t"]);
        Assert.Equal(ids, trace.NarrowExperts(0, 4));
        Assert.Equal(weights, trace.GateWeights(0, 4));
        Assert.Equal([0, 0, 0, 1], trace.Sequence(0, 4));
        Assert.Equal((4, 2, "MIT", "by hand"), (trace.Experts, trace.TopK, trace.Header.Licence, trace.Header.Source));
        Assert.Equal([3, 5], trace.Model.MoeLayerIds.AsEnumerable());
    }

    [Fact]
    public void Import_reads_what_other_recorders_write()
    {
        using var folder = new TempFolder();
        NpyFiles.Write(folder["exflow.npy"], "<i8", "3, 2", MemoryMarshal.AsBytes<long>([0, 1, 1, 2, 2, 0]));
        CliRun.Done("trace", "import", "--from", "exflow", folder["exflow.npy"], "--model", Write(folder, 2, 3, 1), "-o", folder["e"]);
        Assert.Equal(3, CliRun.Json("trace", "info", folder["e"]).GetProperty("tokens").GetInt64());
        // vLLM: all hidden layers, dense ones as zeros.
        NpyFiles.Write(folder["vllm.npy"], "|u1", "3, 5, 2", [.. Enumerable.Range(0, 30).Select(i => (byte)(i % 10 < 2 ? 0 : i % 8))]);
        CliRun.Done("trace", "import", "--from", "vllm", folder["vllm.npy"], "--model", samples.ModelFile, "-o", folder["v"]);
        Assert.Equal(3, CliRun.Json("trace", "info", folder["v"]).GetProperty("tokens").GetInt64());
    }

    [Fact]
    public void The_journal_of_a_run_serves_as_a_trace_and_what_a_killed_run_lacks_is_told()
    {
        using var folder = new TempFolder();
        var model = new MoEModel("toy", 2, [0, 1], 4, 1);
        RoutingJournal.Create(
            folder["j"], new JournalHeader(new TraceHeader(model, TraceOrigin.Measured, "", "", ChoiceOrder.ByWeight, []), 1, TraceColumns.None));
        using (var journal = new RoutingJournal(folder["j"], 0))
        {
            journal.Append(0, new JournalTokens { Ordinals = [0, 1, 2], Sequence = [0, 1, 2], Position = [0, 0, 0] });
            journal.Append(0, 0, [0, 1, 2], [0, 1, 2], []);
            journal.Append(0, 1, [0, 1], [0, 1], []);
        }
        var told = CliRun.Json("trace", "info", folder["j"]);
        Assert.Equal(2, told.GetProperty("tokens").GetInt64());
        Assert.Contains("1 tokens", CliRun.Done("trace", "info", folder["j"]).Error, StringComparison.Ordinal);
        CliRun.Done("place", folder["j"], "--cluster", "1x2", "--policy", "contiguous", "-o", folder["p.json"]);
        var judged = CliRun.Json("evaluate", folder["j"], folder["p.json"]);
        Assert.Equal(2, judged.GetProperty("tokens").GetInt64());
        var imported = CliRun.Done("trace", "import", "--from", "journal", folder["j"], "-o", folder["t"]);
        Assert.Contains("1 tokens", imported.Error, StringComparison.Ordinal);
        Assert.Equal(judged.GetRawText(), CliRun.Json("evaluate", folder["t"], folder["p.json"]).GetRawText());
        var merged = CliRun.Done("trace", "merge", folder["j"], folder["t"], "-o", folder["m"]);
        Assert.Contains("1 tokens", merged.Error, StringComparison.Ordinal);
        Assert.Equal(4, CliRun.Json("trace", "info", folder["m"]).GetProperty("tokens").GetInt64());
        CliRun.Of("trace", "import", "--from", "journal", folder["j"], "--licence", "MIT", "-o", folder["x"]).Refused("--licence");
        File.Delete(Path.Combine(folder["j"], "rank-0.frames"));
        CliRun.Of("trace", "info", folder["j"]).Refused("rank-0.frames");
    }

    private static string Write(TempFolder folder, int layers, int experts, int topK)
    {
        var path = folder["model.json"];
        var model = new MoEModel("small", layers, [.. Enumerable.Range(0, layers)], experts, topK);
        File.WriteAllText(path, JsonSerializer.Serialize(model, StrictJson.Options));
        return path;
    }
}
