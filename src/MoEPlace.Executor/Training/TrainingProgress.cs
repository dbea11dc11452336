namespace MoEPlace.Executor.Training;

/// <summary>How far a run is.</summary>
/// <param name="Log">What was reached.</param>
/// <param name="RecentLoss">Mean loss since the last point of the curves; null right after one.</param>
/// <param name="StepsBefore">Steps that were done when this run began.</param>
/// <param name="Seconds">Since it began.</param>
/// <param name="TimeLimitSeconds">When it stops; null for no limit.</param>
public sealed record TrainingProgress(TrainingLog Log, double? RecentLoss, long StepsBefore, double Seconds, double? TimeLimitSeconds)
{
    /// <summary>Tokens trained in a second of this run, over all ranks.</summary>
    public double TokensPerSecond =>
        Log.Options.Batch * (double)Log.Options.Length * (Log.StepsDone - StepsBefore) / Math.Max(Seconds, 1e-9);

    /// <summary>The latest mean loss.</summary>
    public double Loss => RecentLoss ?? Log.Training[^1].Loss;

    /// <summary>Seconds to the last step at this pace, or to the time limit.</summary>
    public double SecondsLeft
    {
        get
        {
            var left = Seconds / Math.Max(1, Log.StepsDone - StepsBefore) * (Log.Options.Steps - Log.StepsDone);
            return Math.Min(left, Math.Max(0, TimeLimitSeconds - Seconds ?? double.PositiveInfinity));
        }
    }
}
