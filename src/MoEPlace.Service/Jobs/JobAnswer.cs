namespace MoEPlace.Service.Jobs;

/// <summary>What a job does about placements, as it tells the service.</summary>
public enum JobAnswer
{
    /// <summary>It serves, and has not been asked for anything in this life.</summary>
    Serving,

    /// <summary>Weights are on their way.</summary>
    Moving,

    /// <summary>What was asked for last is in force, its checksums and canary were computed.</summary>
    Done,

    /// <summary>What was asked for last was given up, by wish or by a fault.</summary>
    GivenUp,

    /// <summary>What was asked for last cannot be done; it was not begun.</summary>
    Refused,

    /// <summary>It has nothing left to run.</summary>
    Ended,
}
