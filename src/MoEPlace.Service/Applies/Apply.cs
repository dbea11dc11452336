namespace MoEPlace.Service.Applies;

/// <summary>One attempt of the service to change what is in force in a job; at most one of a job is not over.</summary>
/// <param name="Job">The job.</param>
/// <param name="Number">From 1, in each job.</param>
/// <param name="Decision">The decision whose plan it applies; 0 for a roll back.</param>
/// <param name="By">Who asked: the name of a token, <c>policy</c>, or <c>local</c>.</param>
/// <param name="From">Digest of the placement that was in force.</param>
/// <param name="To">Digest of the one that shall be.</param>
/// <param name="FromEpoch">Epoch that was in force.</param>
/// <param name="Phase">Where it stands.</param>
/// <param name="Attempt">Which attempt is wished now, from 1; one for every time that the way was begun anew or turned.</param>
/// <param name="Version">1, then 1 more with every change on record.</param>
/// <param name="BytesPerStep">Weights that may travel during one step.</param>
/// <param name="SecondsBefore">Median decode step before it; null where none was measured.</param>
/// <param name="SecondsPromised">Median decode step that the decision promises after it; null where nothing was promised.</param>
/// <param name="SecondsAfter">Median decode step after it; null before it was measured.</param>
/// <param name="CanaryDifference">The most that a logit of the canary tokens changed; null before it was told.</param>
/// <param name="Epoch">The epoch in force when it last changed.</param>
/// <param name="InForce">Digest of the placement in force when it last changed.</param>
/// <param name="Reason">Why it stands where it stands, in words.</param>
/// <param name="BeganAt">When it was asked for.</param>
/// <param name="ChangedAt">When it last changed.</param>
/// <param name="TurnedAttempt">The first attempt that wishes for the placement before; null where there was none.</param>
public sealed record Apply(
    string Job,
    int Number,
    int Decision,
    string By,
    string From,
    string To,
    int FromEpoch,
    ApplyPhase Phase,
    int Attempt,
    int Version,
    long BytesPerStep,
    double? SecondsBefore,
    double? SecondsPromised,
    double? SecondsAfter,
    double? CanaryDifference,
    int Epoch,
    string InForce,
    string Reason,
    DateTimeOffset BeganAt,
    DateTimeOffset ChangedAt,
    int? TurnedAttempt = null)
{
    /// <summary>Whether nothing more becomes of it.</summary>
    public bool IsOver => Phase is ApplyPhase.Kept or ApplyPhase.Returned or ApplyPhase.Refused or ApplyPhase.Failed;
}
