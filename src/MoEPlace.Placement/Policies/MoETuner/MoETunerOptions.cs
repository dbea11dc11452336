namespace MoEPlace.Placement.Policies.MoETuner;

/// <summary>How MoETuner's programs are solved; the defaults are those of the published reproduction.</summary>
public sealed record MoETunerOptions
{
    /// <summary>A program may end when (objective - bound) / objective is at most this; 0 to 1. Default 0.005.</summary>
    public double RelativeGap { get; init; } = 0.005;

    /// <summary>
    /// Limit of each program, above 0; the problem's own limit is shared by all of them together. Default 30 seconds.
    /// </summary>
    public TimeSpan TimeLimitPerProgram { get; init; } = TimeSpan.FromSeconds(30);

    internal void Check(InputFaults faults)
    {
        faults.Require(TimeLimitPerProgram > TimeSpan.Zero, "--solve-time-limit", TimeLimitPerProgram, "above 0 seconds");
        faults.Require(RelativeGap is >= 0 and <= 1, "--gap", RelativeGap, "0 to 1");
    }
}
