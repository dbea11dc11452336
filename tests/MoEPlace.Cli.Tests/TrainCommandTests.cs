using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>The verb <c>train</c> inside this process, at tiny sizes.</summary>
public sealed class TrainCommandTests(ByteModel texts) : IClassFixture<ByteModel>
{
    [Fact]
    public void Trains_a_model_that_runs_and_leaves_it_when_it_is_done()
    {
        using var folder = new TempFolder();
        var trained = CliRun.Of(Line(folder["model"]));
        Assert.True(trained.Code == 0, trained.ToString());
        Assert.Contains("6 of 6", trained.Output, StringComparison.Ordinal);
        string[] files =
        [
            "model/config.json", "model/model.safetensors", "model/traces/step-000000.safetensors", "model/traces/step-000006.safetensors",
            "model/training.json",
        ];
        Assert.Equal(files, folder.Files());
        var run = CliRun.Of("run", folder["model"], "--prompt", "apples", "--new-tokens", "4");
        Assert.True(run.Code == 0, run.ToString());
        Assert.StartsWith("apples", run.Output, StringComparison.Ordinal);

        var before = files.Select(file => File.ReadAllBytes(folder[file])).ToArray();
        var again = CliRun.Of([.. Line(folder["model"]), "--resume"]);
        Assert.True(again.Code == 0, again.ToString());
        Assert.Contains("nothing to do", again.Output, StringComparison.Ordinal);
        CliRun.Of(Line(folder["model"])).Refused(folder["model"], "a folder without a finished model; remove it or choose another");
        CliRun.Of([.. Line(folder["model"]), "--resume", "--seed", "2"]).Refused("seed = \"2\"; allowed: 1", folder["model"]);
        Assert.Equal(before, files.Select(file => File.ReadAllBytes(folder[file])));
        Assert.Equal(files, folder.Files());
    }

    [Fact]
    public void Every_fault_is_told_at_once()
    {
        using var folder = new TempFolder();
        CliRun.Of(
            "train", folder["nowhere"], "-o", folder["model"], "--steps", "0", "--batch", "3", "--virtual-ranks", "2", "--port", "-1",
            "--top-k", "99", "--learning-rate", "-1", "--threshold", "0.5", "--checkpoint-every", "0", "--time-limit", "0").Refused(
            "nowhere", "--steps = 0", "--batch = 3", "--port = -1", "--top-k = 99", "--learning-rate = -1", "--threshold = \"top_k\"",
            "--checkpoint-every = 0", "--time-limit = 0");
        Assert.Empty(folder.Files());
    }

    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    public async Task An_interrupted_training_goes_on_and_ends_as_one_that_was_not(string ranks)
    {
        using var folder = new TempFolder();
        using var interrupt = new CancellationTokenSource();
        await interrupt.CancelAsync();
        var whole = CliRun.Of([.. Line(folder["whole/model"]), "--virtual-ranks", ranks]);
        Assert.True(whole.Code == 0, whole.ToString());
        var cut = CliRun.Of(interrupt.Token, [.. Line(folder["parts/model"]), "--virtual-ranks", ranks]);
        Assert.True(cut.Code == 130, cut.ToString());
        Assert.Contains("--resume goes on", cut.Output, StringComparison.Ordinal);
        Assert.Contains("parts/model/training-state.safetensors", folder.Files());
        CliRun.Of(Line(folder["parts/model"])).Refused("--resume, or another folder");
        CliRun.Of([.. Line(folder["parts/model"]), "--resume", "--virtual-ranks", "4"]).Refused($"ranks = 4; allowed: {ranks}, as the run began");
        var resumed = CliRun.Of([.. Line(folder["parts/model"]), "--virtual-ranks", ranks, "--resume"]);
        Assert.True(resumed.Code == 0, resumed.ToString());
        var files = folder.Files().Where(file => file.StartsWith("whole/", StringComparison.Ordinal)).Select(file => file["whole/".Length..]).ToArray();
        Assert.Equal(2 * files.Length, folder.Files().Length);
        foreach (var file in files)
            Assert.True(
                File.ReadAllBytes(Path.Combine(folder["whole"], file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(folder["parts"], file))),
                file);
    }

    private string[] Line(string output) =>
    [
        "train", texts["apples.txt"], texts["pears.txt"], "-o", output, "--steps", "6", "--batch", "4", "--length", "16", "--hidden", "16",
        "--layers", "2", "--experts", "6", "--top-k", "2", "--intermediate", "8", "--heads", "2", "--kv-heads", "1", "--warmup", "2",
        "--evaluate-every", "3", "--evaluated-windows", "2", "--record-every", "6", "--recorded-windows", "2",
    ];
}
