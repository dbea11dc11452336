namespace MoEPlace.Executor.Control;

/// <summary>What clients of a control port may take of it.</summary>
internal sealed record ControlLimits
{
    /// <summary>Connections at a time; others wait to be let in.</summary>
    internal int Connections { get; init; } = 16;

    /// <summary>Bytes of a line: a placement of 10,000 layers of 1,000 slots takes less.</summary>
    internal int LineBytes { get; init; } = 64 << 20;

    /// <summary>From coming to having shown the token.</summary>
    internal TimeSpan Token { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>From there to the end of the line.</summary>
    internal TimeSpan Line { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>For taking a line of the answer.</summary>
    internal TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For hearing that it is over, when the job has ended.</summary>
    internal TimeSpan Farewell { get; init; } = TimeSpan.FromSeconds(2);
}
