namespace MoEPlace;

/// <summary>Time of grouped experts: seconds + per expert x those that have tokens + per pair x (token, expert) pairs; 0 without pairs.</summary>
/// <param name="Seconds">Of any call; 0 to 3,600.</param>
/// <param name="SecondsPerExpert">Of each expert that has tokens: its weights are read; 0 to 3,600.</param>
/// <param name="SecondsPerPair">0 to 3,600.</param>
public sealed record ExpertTime(double Seconds, double SecondsPerExpert, double SecondsPerPair)
{
    /// <summary>The time of some pairs.</summary>
    public double Of(double experts, double pairs) => pairs <= 0 ? 0 : Seconds + experts * SecondsPerExpert + pairs * SecondsPerPair;

    internal void Check(InputFaults faults, string key)
    {
        Calibration.CheckSeconds(faults, key + ".seconds", Seconds);
        Calibration.CheckSeconds(faults, key + ".secondsPerExpert", SecondsPerExpert);
        Calibration.CheckSeconds(faults, key + ".secondsPerPair", SecondsPerPair);
    }
}
