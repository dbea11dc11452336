using System.Collections.Immutable;

namespace MoEPlace.Service.Jobs;

/// <summary>What a job that our executor runs tells of itself, about twice a second, and answers to what was wished.</summary>
/// <param name="Life">Which life of the job tells it: a number that every start of its ranks has for its own.</param>
/// <param name="Epoch">The number of the epoch in force; it only ever rises, over all lives.</param>
/// <param name="Placement"><see cref="ExpertPlacement.Digest"/> of what is in force.</param>
/// <param name="State">What the job does about placements.</param>
/// <param name="Apply">The apply that it works on or worked on last in this life; 0 before any.</param>
/// <param name="Attempt">Which attempt at it.</param>
/// <param name="Reason">Why it was refused or given up; null otherwise.</param>
/// <param name="BytesMoved">Weights that have arrived.</param>
/// <param name="BytesInAll">Weights that the apply moves.</param>
/// <param name="CanaryDifference">The most that a logit of the canary tokens changed over that apply; null before its end, or where it has no canary.</param>
/// <param name="Steps">Steps that have run in this life.</param>
/// <param name="Tokens">Tokens that have run in this life.</param>
/// <param name="DecodeSeconds">[steps] seconds of the decode steps since the last report, 1e-9 to 86,400 each, oldest first; at most 4,096.</param>
/// <param name="DecodeEpochs">[steps] the epoch that each ran on.</param>
/// <param name="Moving">[steps] whether weights travelled beside it.</param>
/// <param name="Dropped">Routed tokens of this life that were not sent because the service was slower than the job.</param>
public sealed record JobReport(
    long Life,
    int Epoch,
    string Placement,
    JobAnswer State,
    int Apply,
    int Attempt,
    string? Reason,
    long BytesMoved,
    long BytesInAll,
    double? CanaryDifference,
    long Steps,
    long Tokens,
    ImmutableArray<double> DecodeSeconds,
    ImmutableArray<int> DecodeEpochs,
    ImmutableArray<bool> Moving,
    long Dropped = 0)
{
    /// <summary>What a step may take, in words.</summary>
    internal const string StepRange = "1e-9 to 86,400";

    private const int MostSteps = 4_096;

    // Horizons are divided by it.
    private const double LeastSeconds = 1e-9;

    /// <summary>Checks all of it.</summary>
    /// <exception cref="InputException">Something does not hold; every fault is told.</exception>
    public void Check()
    {
        var faults = new InputFaults("report");
        faults.Require(Epoch >= 0, "epoch", Epoch, "0 or more");
        faults.Require(Placement.Length == 64 && Placement.All(char.IsAsciiHexDigitLower), "placement", Placement, "64 lower-case hexadecimal digits");
        faults.Require(Enum.IsDefined(State), "state", State, "serving, moving, done, given-up, refused or ended");
        faults.Require(Apply >= 0, "apply", Apply, "0 or more");
        faults.Require(Attempt >= 0, "attempt", Attempt, "0 or more");
        faults.Require(BytesMoved >= 0, "bytesMoved", BytesMoved, "0 or more");
        faults.Require(BytesInAll >= 0, "bytesInAll", BytesInAll, "0 or more");
        faults.Require(CanaryDifference is null or >= 0, "canaryDifference", CanaryDifference, "0 or more");
        faults.Require(Steps >= 0, "steps", Steps, "0 or more");
        faults.Require(Tokens >= 0, "tokens", Tokens, "0 or more");
        faults.Require(Dropped >= 0, "dropped", Dropped, "0 or more");
        var steps = DecodeSeconds.IsDefault ? -1 : DecodeSeconds.Length;
        faults.Require(steps is >= 0 and <= MostSteps, "decodeSeconds.length", steps, $"0 to {MostSteps}");
        faults.Require(!DecodeEpochs.IsDefault && DecodeEpochs.Length == steps, "decodeEpochs.length", DecodeEpochs.IsDefault ? null : DecodeEpochs.Length, "one for each of decodeSeconds");
        faults.Require(!Moving.IsDefault && Moving.Length == steps, "moving.length", Moving.IsDefault ? null : Moving.Length, "one for each of decodeSeconds");
        faults.Require(steps < 0 || DecodeSeconds.All(IsStep), "decodeSeconds", null, StepRange + " each");
        faults.ThrowIfAny();
    }

    /// <summary>Whether a step can take so many seconds.</summary>
    internal static bool IsStep(double seconds) => seconds is >= LeastSeconds and <= 86_400;
}
