namespace MoEPlace.Placement.Policies;

/// <summary>How ExFlow's programs are solved.</summary>
public sealed record ExFlowOptions
{
    /// <summary>Limit of each solve, above 0; the problem's own limit holds for all of them together. Default one minute, as in the paper.</summary>
    public TimeSpan TimeLimitPerSolve { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>A solve may end when (objective - bound) / objective is at most this; 0 to 1. Default 0: prove it.</summary>
    public double RelativeGap { get; init; }

    /// <summary>Whether a solve starts from the contiguous division. Default true.</summary>
    public bool StartContiguous { get; init; } = true;

    internal void Check(InputFaults faults)
    {
        faults.Require(TimeLimitPerSolve > TimeSpan.Zero, "--solve-time-limit", TimeLimitPerSolve, "above 0 seconds");
        faults.Require(RelativeGap is >= 0 and <= 1, "--gap", RelativeGap, "0 to 1");
    }
}
