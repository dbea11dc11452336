namespace MoEPlace.Executor.Control;

/// <summary>What a job is asked at its control port.</summary>
public enum ControlAsk
{
    /// <summary>How it stands.</summary>
    Status,

    /// <summary>To take a placement.</summary>
    Apply,

    /// <summary>To give up the apply that is under way.</summary>
    Abort,
}
