namespace MoEPlace.Service.Tests.Faults;

/// <summary>The points of an apply at which the ranks of a job may be lost.</summary>
public enum JobPoint
{
    /// <summary>It has heard of a wish and begun nothing.</summary>
    BeforeBegin,

    /// <summary>It has begun; nothing moved.</summary>
    AfterBegin,

    /// <summary>A wave has arrived; its epoch is not on the job's record.</summary>
    BeforeWave,

    /// <summary>The epoch is on the job's record; nobody was told.</summary>
    AfterWave,

    /// <summary>All waves are in force; the service was not told that it is done.</summary>
    BeforeDone,
}
