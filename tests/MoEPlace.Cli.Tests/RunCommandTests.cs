using System.Text.Json;
using MoEPlace.Torch;
using MoEPlace.Traces;
using MoEPlace.Traces.Safetensors;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>The verb <c>run</c> inside this process.</summary>
public sealed class RunCommandTests(ByteModel model) : IClassFixture<ByteModel>
{
    [Fact]
    public void Ranks_residency_and_placement_change_no_logits_and_count_what_evaluate_counts()
    {
        using var folder = new TempFolder();
        var fixture = ByteModel.Fixture("olmoe");
        File.WriteAllText(folder["ids.json"], OracleIds(fixture));
        var alone = Run("--logits", folder["alone"], "--record", folder["t"]);
        Assert.Equal(0, alone.GetProperty("dispatchBytes").GetInt64());
        CliRun.Done("place", folder["t"], "--cluster", "1x4", "--redundant", "4", "--iteration-limit", "1", "-o", folder["p"]);
        foreach (var residency in new[] { "home", "coherent" })
        {
            var four = Run(
                "--virtual-ranks", "4", "--placement", folder["p"], "--residency", residency, "--record", folder[residency],
                "--logits", folder["four"]);
            Assert.InRange(Difference(folder["alone"], folder["four"]), 0, 1e-5);
            Assert.Equal(alone.GetProperty("loss").GetDouble(), four.GetProperty("loss").GetDouble(), 1e-5);
            var judged = CliRun.Json("evaluate", folder[residency], folder["p"], "--residency", residency);
            foreach (var kind in new[] { "dispatchBytes", "combineBytes", "contextBytes" })
                Assert.Equal(judged.GetProperty(kind).GetInt64(), four.GetProperty(kind).GetInt64());
            Assert.False(Directory.Exists(folder[residency] + ".journal"));
        }

        JsonElement Run(params string[] more) => Json(["run", fixture, "--ids", folder["ids.json"], "--prefill", "3", "--batch", "4", .. more]);
    }

    [Fact]
    public void No_output_replaces_what_is_read()
    {
        var (config, weights) = (Path.Combine(model.Checkpoint, "config.json"), Path.Combine(model.Checkpoint, "model.safetensors"));
        var (before, text) = (File.ReadAllBytes(weights), File.ReadAllBytes(model["apples.txt"]));
        var run = CliRun.Of("run", model.Checkpoint, "--text", model["apples.txt"], "--length", "20", "--record", config, "--logits", weights);
        Assert.Equal((2, 2), (run.Code, run.Error.Split("another file than the one that is read").Length - 1));
        run = CliRun.Of("run", model.Checkpoint, "--text", model["apples.txt"], "--length", "20", "--record", model["apples.txt"]);
        Assert.Equal(2, run.Code);
        Assert.Equal(before, File.ReadAllBytes(weights));
        Assert.Equal(text, File.ReadAllBytes(model["apples.txt"]));
    }

    [Fact]
    public void Out_of_memory_is_told_in_a_line_that_says_what_to_do()
    {
        var failure = Assert.Throws<TorchException>(() => torch.empty([1L << 50]));
        Assert.Matches("^out of memory when [0-9.]+ [A-Za-z]+ more were asked for; try a smaller batch", Program.Plain(failure));
        Assert.Equal("one line", Program.Plain(new TorchException("one line\nat 0x1234")));
    }

    [Fact]
    public void Float16_is_refused_on_the_cpu_before_anything_is_written()
    {
        using var folder = new TempFolder();
        var run = CliRun.Of(
            "run", model.Checkpoint, "--prompt", "x", "--type", "float16", "--device", "cpu", "--batch", "0", "--record", folder["t"]);
        Assert.Equal(2, run.Code);
        Assert.Contains("--type = \"float16\"", run.Error, StringComparison.Ordinal);
        Assert.Contains("--batch = 0", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Text_is_run_by_domain_and_recorded()
    {
        using var folder = new TempFolder();
        var told = Json(
            "run", model.Checkpoint, "--text", model["apples.txt"], model["pears.txt"], "--length", "20", "--sequences", "9",
            "--prefill", "8", "--record", folder["t"], "--virtual-ranks", "2", "--licence", "CC0-1.0");
        Assert.Equal((180, 171), (told.GetProperty("tokens").GetInt32(), told.GetProperty("lossTokens").GetInt32()));
        Assert.InRange(told.GetProperty("loss").GetDouble(), 5, 6);
        using var trace = RoutingTrace.Open(folder["t"]);
        Assert.Equal(["apples", "pears"], trace.Header.Domains);
        Assert.Equal((180L, "CC0-1.0", TraceOrigin.Measured), (trace.Tokens, trace.Header.Licence, trace.Header.Origin));
        Assert.Equal(72, trace.Phase(0, 180).ToArray().Count(phase => phase == 0));
        Assert.Equal([0, 1], trace.Domain(0, 180).ToArray().Distinct().Order().Select(d => (int)d));
    }

    [Fact]
    public void A_prompt_is_gone_on_from_alike_on_any_ranks()
    {
        string[] line = ["run", model.Checkpoint, "--prompt", "apples", "--new-tokens", "12", "--temperature", "1", "--seed", "3"];
        var alone = CliRun.Of(line);
        Assert.True(alone.Code == 0, alone.ToString());
        Assert.StartsWith("apples", alone.Output, StringComparison.Ordinal);
        var sampled = Json(line).GetProperty("sampled")[0];
        Assert.Equal(12, sampled.GetArrayLength());
        var coherent = Json([.. line, "--virtual-ranks", "3", "--residency", "coherent"]);
        Assert.Equal(sampled.ToString(), coherent.GetProperty("sampled")[0].ToString());
    }

    [Fact]
    public void Every_fault_is_told_at_once()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["t.journal"]);
        CliRun.Of(
            "run", model.Checkpoint, "--ids", model["spoiled-ids.json"], "--batch", "0", "--ranks", "0", "--virtual-ranks", "2", "--port", "-1",
            "--rendezvous-timeout", "0", "--device", "abacus", "--placement", model["nowhere"], "--top-p", "2", "--record", folder["t"]).Refused(
            "--batch = 0", "--ranks = 0", "--virtual-ranks = 2", "--port = -1", "--rendezvous-timeout = 0", "--device = \"abacus\"", "nowhere",
            "--top-p = 2", "prompts[0].ids = 256", "prompts[1].ids = 0");
        CliRun.Of("run", model.Checkpoint, "--prompt", "a", "--record", folder["t"]).Refused("t.journal", "an earlier run left");
        CliRun.Of("run", model.Checkpoint).Refused("--text, --ids, --prompt = \"0 of them\"; allowed: one of them");
        CliRun.Of("run", model["empty"], "--prompt", "a").Refused("empty");
        CliRun.Of("run", ByteModel.Fixture("olmoe"), "--prompt", "a").Refused("--prompt", "256 ids");
        CliRun.Of("run", model.Checkpoint, "--prompt", "a", "--new-tokens", "200000").Refused("prompts[0].tokens = 200000", "131072");
    }

    [Fact]
    public void A_job_goes_on_in_its_folder_and_refuses_what_is_not_its_own()
    {
        using var folder = new TempFolder();
        string[] line = ["run", model.Checkpoint, "--prompt", "apples", "--new-tokens", "12", "--temperature", "1", "--seed", "3"];
        var sampled = Json(line).GetProperty("sampled").ToString();
        Assert.Equal(sampled, Json([.. line, "--job", folder["j"], "--virtual-ranks", "2"]).GetProperty("sampled").ToString());
        // What a run leaves that was cut off in the middle of its last record but three.
        var path = Path.Combine(folder["j"], "sampled.ids");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^90]);
        var run = CliRun.Done([.. line, "--job", folder["j"], "--virtual-ranks", "2", "--json"]);
        Assert.Contains("note: 8 ids are on record already, epoch 0", run.Error, StringComparison.Ordinal);
        Assert.Equal(sampled, JsonDocument.Parse(run.Output).RootElement.GetProperty("sampled").ToString());
        Assert.Equal(["epochs/0.json", "job.json", "lock", "sampled.ids"], Files());
        CliRun.Of([.. line, "--job", folder["j"], "--virtual-ranks", "3"]).Refused("ranks = 3; allowed: 2");
        CliRun.Of([.. line, "--job", folder["j"], "--top-p", "0.5", "--record", folder["t"], "--restarts", "2", "--spare-slots", "-1"]).Refused(
            "topP = \"0.5\"", "--record", "--restarts = 2", "--spare-slots = -1");
        CliRun.Of("run", model.Checkpoint, "--text", model["apples.txt"], "--job", folder["k"]).Refused("--job", "see --new-tokens");
        Assert.False(Directory.Exists(folder["k"]));

        string[] Files() => [.. folder.Files().Select(file => file[2..])];
    }

    [Fact]
    public void A_placement_of_another_shape_is_told()
    {
        using var folder = new TempFolder();
        using var samples = new Samples();
        CliRun.Of("run", model.Checkpoint, "--prompt", "a", "--placement", samples.Placement).Refused(
            "moeLayerIds = \"1, 2, 3, 4\"", "nodes x ranksPerNode = 4", "1, the ranks of this run");
    }

    private static JsonElement Json(params string[] arguments)
    {
        var run = CliRun.Of([.. arguments, "--json"]);
        Assert.True(run.Code == 0, run.ToString());
        return JsonDocument.Parse(run.Output).RootElement.Clone();
    }

    /// <summary>The sequences of a fixture as a list of lists.</summary>
    internal static string OracleIds(string fixture)
    {
        using var file = SafetensorsFile.Open(Path.Combine(fixture, "expected.safetensors"));
        var (tokens, sequence) = (Ints("tokens"), Ints("sequence"));
        return JsonSerializer.Serialize(sequence.Distinct().Select(s => tokens.Where((_, i) => sequence[i] == s)));

        int[] Ints(string name)
        {
            var tensor = file.Header.Tensors[name];
            return file.Elements<int>(tensor, 0, (int)tensor.Elements).ToArray();
        }
    }

    /// <summary>The worst max|a - b| / max|a| of a token.</summary>
    internal static double Difference(string a, string b)
    {
        using var first = SafetensorsFile.Open(a);
        using var second = SafetensorsFile.Open(b);
        var (one, other) = (first.Header.Tensors["logits"], second.Header.Tensors["logits"]);
        Assert.Equal(one.Shape, other.Shape);
        var width = (int)one.Shape[1];
        var worst = 0.0;
        for (var row = 0L; row < one.Shape[0]; row++)
        {
            var x = first.Elements<float>(one, row * width, width);
            var y = second.Elements<float>(other, row * width, width);
            var (difference, size) = (0.0, 0.0);
            for (var i = 0; i < width; i++)
                (difference, size) = (Math.Max(difference, Math.Abs(x[i] - y[i])), Math.Max(size, Math.Abs(x[i])));
            worst = Math.Max(worst, difference / size);
        }
        return worst;
    }
}
