namespace MoEPlace.Executor.Applying;

/// <summary>The named points of an apply, in the order in which every rank passes them; at each of them a rank may be lost.</summary>
public enum ApplyPoint
{
    /// <summary>The target has come to this rank.</summary>
    Announced,

    /// <summary>The waves are planned, and memory for the first is about to be taken.</summary>
    Planned,

    /// <summary>A part of an expert is about to be sent, or received.</summary>
    BeforePart,

    /// <summary>It has been sent, or received.</summary>
    AfterPart,

    /// <summary>All experts of a wave stand in spare slots and their checksums are compared.</summary>
    Verified,

    /// <summary>All ranks have said so: the wave will be committed.</summary>
    Prepared,

    /// <summary>The epoch is on record (rank 0), not yet in force.</summary>
    Recorded,

    /// <summary>The epoch is in force on this rank; the slots of the one before are not yet free.</summary>
    Switched,

    /// <summary>They are.</summary>
    Released,
}
