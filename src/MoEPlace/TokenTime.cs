namespace MoEPlace;

/// <summary>Time that grows with tokens: seconds + per token x n + per context token x n x C, n tokens on a rank with C cached tokens each.</summary>
/// <param name="Seconds">Whatever the tokens; 0 to 3,600.</param>
/// <param name="SecondsPerToken">0 to 3,600.</param>
/// <param name="SecondsPerContextToken">0 to 3,600; 0 where the context plays no part.</param>
public sealed record TokenTime(double Seconds, double SecondsPerToken, double SecondsPerContextToken = 0)
{
    /// <summary>The time of some tokens.</summary>
    public double Of(double tokens, double contextTokens) => Seconds + tokens * (SecondsPerToken + contextTokens * SecondsPerContextToken);

    internal void Check(InputFaults faults, string key)
    {
        Calibration.CheckSeconds(faults, key + ".seconds", Seconds);
        Calibration.CheckSeconds(faults, key + ".secondsPerToken", SecondsPerToken);
        Calibration.CheckSeconds(faults, key + ".secondsPerContextToken", SecondsPerContextToken);
    }
}
