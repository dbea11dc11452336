namespace MoEPlace.Executor.Training;

/// <summary>How a run goes about it; nothing here changes the weights.</summary>
public sealed record TrainingRunOptions
{
    private const string NotFinished = "a folder without a finished model; remove it or choose another";

    /// <summary>
    /// The folder of the model; beside it stand <c>training.json</c>, <c>traces/</c> and, until the run is done, its state.
    /// </summary>
    public required string Folder { get; init; }

    /// <summary>Steps between states on disk, 1 or more.</summary>
    public int CheckpointEvery { get; init; } = 250;

    /// <summary>Steps between looks at held-out text, 1 or more; before the first step and after the last in any case.</summary>
    public int EvaluateEvery { get; init; } = 100;

    /// <summary>Steps between recordings of held-out routing, 0 for none; before the first step and after the last in any case.</summary>
    public int RecordEvery { get; init; }

    /// <summary>Windows of each domain that are looked at, 1 or more.</summary>
    public int EvaluatedWindows { get; init; } = 8;

    /// <summary>Windows of each domain that are recorded, 1 or more.</summary>
    public int RecordedWindows { get; init; } = 40;

    /// <summary>Stop when so many seconds are over, above 0; null for no limit.</summary>
    public double? TimeLimitSeconds { get; init; }

    /// <summary>Go on from the state in the folder, if there is one; a model that is done there is left as it is.</summary>
    public bool Resume { get; init; }

    /// <summary>Under which licence the recordings may be used, for their header.</summary>
    public string Licence { get; init; } = "";

    /// <summary>Where the state of an unfinished run stands.</summary>
    public string StatePath => Path.Combine(Folder, "training-state.safetensors");

    /// <summary>Where the curves stand.</summary>
    public string LogPath => Path.Combine(Folder, "training.json");

    /// <summary>Where the recording of a step stands.</summary>
    public string TracePath(long step) => Path.Combine(Folder, "traces", FormattableString.Invariant($"step-{step:D6}.safetensors"));

    /// <summary>Notes everything that is wrong.</summary>
    public void Check(InputFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(CheckpointEvery >= 1, "--checkpoint-every", CheckpointEvery, "1 or more");
        faults.Require(EvaluateEvery >= 1, "--evaluate-every", EvaluateEvery, "1 or more");
        faults.Require(RecordEvery >= 0, "--record-every", RecordEvery, "0 or more");
        faults.Require(EvaluatedWindows >= 1, "--evaluated-windows", EvaluatedWindows, "1 or more");
        faults.Require(RecordedWindows >= 1, "--recorded-windows", RecordedWindows, "1 or more");
        faults.Require(TimeLimitSeconds is null or > 0 and <= 1e9, "--time-limit", TimeLimitSeconds, "above 0 seconds");
        if (!OutputFile.Check(LogPath, "--output", faults) || Resume)
            return;
        faults.Require(!IsFinished(faults), "--output", Folder, NotFinished);
        faults.Require(
            !File.Exists(StatePath), "--output", Folder, "--resume, or another folder: the state of an unfinished run is there");
    }

    /// <summary>What is done in the folder already, where it is the run that is asked for; nothing is written.</summary>
    /// <returns>Null where the run is not finished, or was not begun.</returns>
    /// <exception cref="InputException">A model is done there, of other options or another text; every difference is told.</exception>
    internal TrainingLog? Finished(TrainingOptions options, Corpus corpus)
    {
        if (!File.Exists(LogPath) || TrainingLog.Read(LogPath) is not { IsComplete: true } log)
            return null;
        var faults = new InputFaults(LogPath);
        log.RequireSame(options, corpus, faults);
        if (faults.Any)
            faults.Add("--output", Folder, NotFinished);
        faults.ThrowIfAny();
        return log;
    }

    private bool IsFinished(InputFaults faults)
    {
        try
        {
            return File.Exists(LogPath) && TrainingLog.Read(LogPath).IsComplete;
        }
        catch (InputException e)
        {
            faults.AddRange(e.Faults);
            return false;
        }
    }
}
