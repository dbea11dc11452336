using MoEPlace.Executor.Training;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Executor.Tests.Training;

public sealed class TrainingRunTests
{
    [Fact]
    public void A_run_that_was_cut_off_twice_ends_as_one_that_was_not()
    {
        using var text = new TinyText();
        var whole = Run(text, "whole", resume: false, stopAt: null);
        Assert.True(whole.IsComplete);
        // Stopped in order, and then killed: what came after the last state on disk is lost and done again.
        Run(text, "parts", resume: false, stopAt: 3);
        var state = Of(text, "parts").StatePath;
        var kept = File.ReadAllBytes(state);
        Run(text, "parts", resume: true, stopAt: 5);
        File.WriteAllBytes(state, kept);
        var parts = Run(text, "parts", resume: true, stopAt: null);
        Assert.Equal(whole.Training.Select(p => p.Loss), parts.Training.Select(p => p.Loss));
        foreach (var file in new[] { "model.safetensors", "training.json", "config.json", Path.Combine("traces", "step-000006.safetensors") })
            Assert.Equal(File.ReadAllBytes(Path.Combine(text.Folder, "whole", "model", file)), File.ReadAllBytes(Path.Combine(text.Folder, "parts", "model", file)));
        Assert.Equal(
            ["config.json", "model.safetensors", "traces", "training.json"],
            Directory.EnumerateFileSystemEntries(Path.Combine(text.Folder, "parts", "model")).Select(f => Path.GetFileName(f)).Order());
    }

    [Fact]
    public void Records_the_routing_of_held_out_text_at_the_steps_that_were_asked_for()
    {
        using var text = new TinyText();
        Run(text, "one", resume: false, stopAt: null);
        string[] traces = [.. Directory.EnumerateFiles(Path.Combine(text.Folder, "one", "model", "traces")).Select(f => Path.GetFileName(f)).Order()];
        Assert.Equal(["step-000000.safetensors", "step-000004.safetensors", "step-000006.safetensors"], traces);
        using var trace = RoutingTrace.Open(Path.Combine(text.Folder, "one", "model", "traces", traces[^1]));
        Assert.Equal((6 * 16, 2, 2, 6), (trace.Tokens, trace.Layers, trace.TopK, trace.Experts));
        Assert.Equal(["code", "verse"], trace.Header.Domains);
        Assert.Equal(TraceColumns.GateWeights | TraceColumns.Domain, trace.Columns);
        var weights = trace.GateWeights(0, 6 * 16).ToArray();
        for (var cell = 0; cell < weights.Length; cell += 2)
            Assert.Equal(1, (double)weights[cell] + (double)weights[cell + 1], 2e-3);
    }

    [Fact]
    public void Refuses_to_begin_over_an_unfinished_run()
    {
        using var text = new TinyText();
        Run(text, "one", resume: false, stopAt: 2);
        var fault = Assert.Throws<InputException>(() => Run(text, "one", resume: false, stopAt: null));
        Assert.Contains("--resume", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_is_done_is_left_as_it_is()
    {
        using var text = new TinyText();
        Run(text, "one", resume: false, stopAt: null);
        var run = Of(text, "one");
        foreach (var path in Directory.EnumerateFiles(run.Folder, "*", SearchOption.AllDirectories))
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        Assert.True(Run(text, "one", resume: true, stopAt: null).IsComplete);
        var fault = Assert.Throws<InputException>(() => Run(text, "one", resume: false, stopAt: null));
        Assert.Contains($"{run.Folder}\"; allowed: a folder without a finished model", fault.Message, StringComparison.Ordinal);
        fault = Assert.Throws<InputException>(() => TrainingRun.Run(
            TinyText.Options with { Steps = 9 }, run with { Resume = true }, text.Corpus, null, null, CancellationToken.None));
        foreach (var told in new[] { "steps = \"9\"; allowed: 6", "a folder without a finished model" })
            Assert.Contains(told, fault.Message, StringComparison.Ordinal);
        Assert.All(
            Directory.EnumerateFiles(run.Folder, "*", SearchOption.AllDirectories),
            path => Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(path)));
        File.WriteAllText(run.LogPath, "spoiled");
        Assert.Throws<InputException>(() => Run(text, "one", resume: false, stopAt: null));
    }

    [Fact]
    public void No_configuration_stands_beside_weights_that_are_not_its_own()
    {
        using var text = new TinyText();
        var run = Of(text, "one");
        Directory.CreateDirectory(run.Folder);
        string[] files = [Path.Combine(run.Folder, "config.json"), Path.Combine(run.Folder, "model.safetensors")];
        Array.ForEach(files, path => File.WriteAllText(path, "older"));
        // While it trains, and where its state is refused, what was there stays.
        TrainingRun.Run(
            TinyText.Options, run, text.Corpus, null,
            new Stopper(_ => Assert.All(files, path => Assert.Equal("older", File.ReadAllText(path)))), CancellationToken.None);
        Assert.All(files, path => Assert.NotEqual("older", File.ReadAllText(path)));
    }

    [Fact]
    public void A_run_that_diverges_leaves_the_state_before_it()
    {
        using var text = new TinyText();
        var options = TinyText.Options with { LearningRate = 1e30 };
        Assert.Throws<DivergenceException>(() =>
            TrainingRun.Run(options, Of(text, "one"), text.Corpus, null, null, CancellationToken.None));
        var log = TrainingLog.Read(Of(text, "one").LogPath);
        Assert.InRange(log.StepsDone, 1, 5);
        using var trainer = text.Begin(options);
        trainer.Resume(Of(text, "one").StatePath);
        Assert.Equal(log.StepsDone, trainer.Log.StepsDone);
    }

    [Fact]
    public void The_log_is_read_as_it_was_written()
    {
        using var text = new TinyText();
        var log = Run(text, "one", resume: false, stopAt: null);
        var path = Of(text, "one").LogPath;
        TrainingLog.Read(path).Write(path + ".again");
        Assert.Equal(File.ReadAllText(path), File.ReadAllText(path + ".again"));
        Assert.Equal([0L, 3, 6], log.HeldOut.Select(p => p.Step));
        File.WriteAllText(path, File.ReadAllText(path).Replace("stepsDone", "steps", StringComparison.Ordinal));
        Assert.Throws<InputException>(() => TrainingLog.Read(path));
    }

    [Fact]
    public void Options_that_will_not_do_are_told_together()
    {
        var faults = new InputFaults("train");
        new TrainingOptions { Steps = 0, Heads = 3, KeyValueHeads = 2, TopK = 99, LearningRate = double.NaN }.Check(faults, 5);
        new TrainingRunOptions { Folder = "out", CheckpointEvery = 0, TimeLimitSeconds = -1 }.Check(faults);
        var told = string.Join('\n', faults.ToImmutable());
        foreach (var option in new[] { "--steps", "--kv-heads", "--hidden", "--top-k", "--learning-rate", "--batch", "--checkpoint-every", "--time-limit" })
            Assert.Contains(option, told, StringComparison.Ordinal);
    }

    [Fact]
    public void The_learning_rate_rises_to_its_height_and_falls_to_a_tenth()
    {
        var options = new TrainingOptions { Steps = 100, Warmup = 10, LearningRate = 1 };
        Assert.Equal(0.1, options.RateOf(0), 1e-12);
        Assert.Equal(1, options.RateOf(9), 1e-12);
        Assert.Equal(1, options.RateOf(10), 1e-12);
        Assert.Equal(0.55, options.RateOf(55), 1e-12);
        Assert.Equal(0.1, options.RateOf(100), 1e-12);
    }

    private static TrainingRunOptions Of(TinyText text, string name) => new()
    {
        Folder = Path.Combine(text.Folder, name, "model"),
        CheckpointEvery = 1000,
        EvaluateEvery = 3,
        RecordEvery = 4,
        EvaluatedWindows = 2,
        RecordedWindows = 3,
    };

    private static TrainingLog Run(TinyText text, string name, bool resume, int? stopAt)
    {
        using var stop = new CancellationTokenSource();
        var watch = new Stopper(value =>
        {
            // Asked for after one step, it holds after the next.
            if (value.Log.StepsDone + 1 == stopAt)
                stop.Cancel();
        });
        return TrainingRun.Run(TinyText.Options, Of(text, name) with { Resume = resume }, text.Corpus, null, watch, stop.Token);
    }

    private sealed class Stopper(Action<TrainingProgress> told) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => told(value);
    }
}
