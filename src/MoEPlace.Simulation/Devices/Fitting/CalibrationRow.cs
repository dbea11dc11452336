namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>A measurement beside what a calibration makes of it.</summary>
/// <param name="What">For people, for example <c>attention, 16 tokens, 128 cached</c>.</param>
/// <param name="MeasuredSeconds">The median.</param>
/// <param name="FittedSeconds">Of the same, by the calibration.</param>
public sealed record CalibrationRow(string What, double MeasuredSeconds, double FittedSeconds)
{
    /// <summary>Fitted over measured, minus 1.</summary>
    public double Error => FittedSeconds / MeasuredSeconds - 1;
}
