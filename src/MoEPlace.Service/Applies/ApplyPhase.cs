namespace MoEPlace.Service.Applies;

/// <summary>Where an apply stands. Each change is on record before anybody acts on it.</summary>
public enum ApplyPhase
{
    /// <summary>On record; the job has not answered yet.</summary>
    Asked,

    /// <summary>Weights are on their way.</summary>
    Moving,

    /// <summary>The new placement is in force; its promises are compared with what is measured.</summary>
    Verifying,

    /// <summary>It shall be undone: the placement before is wished.</summary>
    Returning,

    /// <summary>Over: the new placement is in force and keeps its promises.</summary>
    Kept,

    /// <summary>Over: the placement before is in force again.</summary>
    Returned,

    /// <summary>Over: the job never took it.</summary>
    Refused,

    /// <summary>Over: neither the new nor the old placement could be reached; the record tells which is in force.</summary>
    Failed,
}
