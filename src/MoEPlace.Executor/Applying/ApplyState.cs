namespace MoEPlace.Executor.Applying;

/// <summary>What a job does about placements.</summary>
public enum ApplyState
{
    /// <summary>Nothing is asked for: it serves its epoch.</summary>
    Serving,

    /// <summary>Weights are on their way; the old epoch serves.</summary>
    Preparing,

    /// <summary>A wave is in force; its old slots are being freed.</summary>
    Committed,

    /// <summary>The last apply reached its target.</summary>
    Done,

    /// <summary>The last apply was given up, by wish or by a fault; the epoch that is told serves.</summary>
    Aborted,

    /// <summary>The job has ended.</summary>
    Ended,
}
