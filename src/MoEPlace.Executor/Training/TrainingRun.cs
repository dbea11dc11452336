using System.Diagnostics;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Torch;
using MoEPlace.Traces;

namespace MoEPlace.Executor.Training;

/// <summary>Trains a model into a folder.</summary>
public static class TrainingRun
{
    private const int MostPoints = 500;

    /// <summary>
    /// Runs to the last step, or until somebody asks to stop; then the state that was reached stands in the folder. A run that was done
    /// before and shall go on leaves the folder as it is.
    /// </summary>
    /// <param name="options">What the model becomes; valid.</param>
    /// <param name="run">How to go about it.</param>
    /// <param name="corpus">The text.</param>
    /// <param name="group">The ranks that share each batch; null for this one alone. Rank 0 alone writes.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellation">Stops after the step that runs.</param>
    /// <returns>What was reached.</returns>
    /// <exception cref="InputException">
    /// Something is wrong with <paramref name="run"/>, or the folder holds a finished model or the state of another run.
    /// </exception>
    /// <exception cref="DivergenceException">A step cannot be done; the state before it stands in the folder.</exception>
    public static TrainingLog Run(
        TrainingOptions options, TrainingRunOptions run, Corpus corpus, IRankGroup? group, IProgress<TrainingProgress>? progress,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(corpus);
        var watch = Stopwatch.StartNew();
        var writes = group is null or { Rank: 0 };
        var faults = new InputFaults("train");
        run.Check(faults);
        faults.ThrowIfAny();
        if (run.Finished(options, corpus) is { } done)
        {
            // One that was killed at its very end has left its state.
            if (writes)
                File.Delete(run.StatePath);
            return done;
        }
        using var trainer = new Trainer(options, TransformerConfig.Of(ByteModelConfig.Of(options), ConfigPath(run)), corpus, group);
        if (run.Resume && File.Exists(run.StatePath))
            trainer.Resume(run.StatePath);
        else if (writes)
            LookAt(trainer, run, corpus);
        var (began, pointEvery) = (trainer.Log.StepsDone, Math.Max(1, options.Steps / MostPoints));
        var stopped = false;
        while (!stopped && !trainer.Log.IsComplete)
        {
            var next = trainer.Log.StepsDone + 1;
            var stop = cancellation.IsCancellationRequested || watch.Elapsed.TotalSeconds >= run.TimeLimitSeconds;
            try
            {
                stopped = trainer.Advance(point: next % pointEvery == 0 || next == options.Steps, stop);
            }
            catch (DivergenceException) when (writes)
            {
                SaveState(trainer, run);
                throw;
            }
            if (!writes)
                continue;
            LookAt(trainer, run, corpus);
            if (next % run.CheckpointEvery == 0 && !trainer.Log.IsComplete)
                SaveState(trainer, run);
            progress?.Report(new TrainingProgress(
                trainer.Log, trainer.RecentLoss, began, watch.Elapsed.TotalSeconds, run.TimeLimitSeconds));
        }
        if (writes)
            Finish(trainer, run);
        group?.Barrier();
        return trainer.Log;
    }

    /// <summary>Looks at held-out text where it is due after the steps that are done.</summary>
    private static void LookAt(Trainer trainer, TrainingRunOptions run, Corpus corpus)
    {
        var (step, options) = (trainer.Log.StepsDone, trainer.Log.Options);
        var (length, batch) = (options.Length, options.Batch);
        if (step % run.EvaluateEvery == 0 || trainer.Log.IsComplete)
            trainer.Note(HeldOutPass.Evaluate(
                trainer.Model, step, corpus.HeldOut(run.EvaluatedWindows, length), corpus.Domains.Length, batch));
        if (run.RecordEvery == 0 || (step % run.RecordEvery != 0 && !trainer.Log.IsComplete))
            return;
        var header = new TraceHeader(
            trainer.Model.Config.ToModel(Tensor.BytesOf(ScalarType.BFloat16)), TraceOrigin.Measured,
            $"held-out text of {string.Join(", ", trainer.Log.Domains)}, after {step} of {options.Steps} steps of training", run.Licence,
            ChoiceOrder.ByWeight, trainer.Log.Domains);
        HeldOutPass.Record(trainer.Model, corpus.HeldOut(run.RecordedWindows, length), batch, run.TracePath(step), header);
    }

    private static void SaveState(Trainer trainer, TrainingRunOptions run)
    {
        trainer.Save(run.StatePath);
        trainer.Log.Write(run.LogPath);
    }

    private static void Finish(Trainer trainer, TrainingRunOptions run)
    {
        if (!trainer.Log.IsComplete)
            trainer.Save(run.StatePath);
        WriteModel(trainer, run);
        trainer.Log.Write(run.LogPath);
        if (trainer.Log.IsComplete)
            File.Delete(run.StatePath);
    }

    /// <summary>
    /// The writer of checkpoints makes a folder of its own; what it made moves to where traces and curves stand. The configuration goes
    /// first and comes last, so that it never stands beside other weights than its own.
    /// </summary>
    private static void WriteModel(Trainer trainer, TrainingRunOptions run)
    {
        var made = Path.Combine(run.Folder, "checkpoint.part");
        try
        {
            CheckpointWriter.Write(
                made, ByteModelConfig.Of(trainer.Log.Options), trainer.Model.ToCheckpoint(), ScalarType.BFloat16);
            File.Delete(ConfigPath(run));
            foreach (var name in new[] { "model.safetensors", "config.json" })
                File.Move(Path.Combine(made, name), Path.Combine(run.Folder, name), overwrite: true);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new InputException(run.Folder, "--output", e.Message, "a folder that can be written");
        }
        finally
        {
            if (Directory.Exists(made))
                Directory.Delete(made, recursive: true);
        }
    }

    private static string ConfigPath(TrainingRunOptions run) => Path.Combine(run.Folder, "config.json");
}
