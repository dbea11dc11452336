namespace MoEPlace.Service.Applies;

/// <summary>The named points of an apply at which the service, or its database, may be lost.</summary>
public enum ServicePoint
{
    /// <summary>The apply is about to be put on record.</summary>
    BeforeAsked,

    /// <summary>It is on record; nobody was told of it.</summary>
    AfterAsked,

    /// <summary>That weights are on their way is about to be put on record.</summary>
    BeforeMoving,

    /// <summary>It is on record.</summary>
    AfterMoving,

    /// <summary>That the new placement is in force is about to be put on record.</summary>
    BeforeVerifying,

    /// <summary>It is on record.</summary>
    AfterVerifying,

    /// <summary>That it is to be undone is about to be put on record.</summary>
    BeforeReturning,

    /// <summary>It is on record; the job was not told.</summary>
    AfterReturning,

    /// <summary>How it ended is about to be put on record.</summary>
    BeforeOver,

    /// <summary>It is on record; the job was not told.</summary>
    AfterOver,
}
