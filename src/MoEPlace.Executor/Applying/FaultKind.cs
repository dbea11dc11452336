namespace MoEPlace.Executor.Applying;

/// <summary>What a drill does to a rank.</summary>
public enum FaultKind
{
    /// <summary>The rank ends at once: a process by SIGKILL, a thread by an exception.</summary>
    Kill,

    /// <summary>The rank stands still for a while.</summary>
    Delay,

    /// <summary>What the rank is about to send does not arrive.</summary>
    LoseMessage,

    /// <summary>The rank has no memory for what is to come.</summary>
    FullMemory,

    /// <summary>The experts of a wave that came to the rank are damaged after their checksums were compared: only the canary can tell.</summary>
    FlipBits,
}
