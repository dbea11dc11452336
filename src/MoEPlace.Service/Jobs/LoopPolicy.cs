namespace MoEPlace.Service.Jobs;

/// <summary>When the service plans and applies for a job, and what it holds an apply to.</summary>
/// <param name="Mode">Who applies. Default: manual.</param>
/// <param name="Residency">Where hidden states of the job live between layers. Default: home.</param>
/// <param name="WindowTokens">The latest tokens that a plan is made for, 256 to 262,144. Default: 8,192.</param>
/// <param name="TokensPerStep">Tokens of a step of the job over all ranks, 1 to 16,777,216. Default: 512.</param>
/// <param name="HorizonSeconds">Over which time a gain must pay for its migration, above 0 to 1e9. Default: 600.</param>
/// <param name="LeastGain">The least gain of a step, as a share of it, that is worth an apply: 0 to 1. Default: 0.02.</param>
/// <param name="RestTokens">Tokens after an apply during which the service begins no other by itself, 0 or more. Default: 8,192.</param>
/// <param name="MigrationBudgetBytes">The most weights that a plan may move; null for no limit.</param>
/// <param name="BytesPerStep">Weights that may travel during one step, over all ranks, 4,096 or more. Default: 16,000,000.</param>
/// <param name="MaxImbalance">The busiest rank over the mean, in every layer, 1 or more; null for no limit.</param>
/// <param name="SearchIterations">Iterations of a search, about 100 swaps of experts each, by which it gives the same plan again: 1 to 1e9. Default: 200,000.</param>
/// <param name="Simulate">Whether a plan is also compared by the simulator before it may be applied. Default: false.</param>
/// <param name="CanaryTolerance">The most that a logit of the canary tokens may change, above 0. Default: 1e-4.</param>
/// <param name="SlowerTolerance">By which share a step may be slower than promised, 0 to 10. Default: 0.15.</param>
/// <param name="VerificationSteps">Steps after a switch whose median is compared with the promise, 4 to 1,024. Default: 32.</param>
public sealed record LoopPolicy(
    LoopMode Mode = LoopMode.Manual,
    Residency Residency = Residency.Home,
    int WindowTokens = 8_192,
    int TokensPerStep = 512,
    double HorizonSeconds = 600,
    double LeastGain = 0.02,
    long RestTokens = 8_192,
    long? MigrationBudgetBytes = null,
    long BytesPerStep = 16_000_000,
    double? MaxImbalance = null,
    long SearchIterations = 200_000,
    bool Simulate = false,
    double CanaryTolerance = 1e-4,
    double SlowerTolerance = 0.15,
    int VerificationSteps = 32)
{
    /// <summary>Notes every value that is out of its range.</summary>
    public void Check(InputFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(Enum.IsDefined(Mode), "policy.mode", Mode, "manual or automatic");
        faults.Require(Enum.IsDefined(Residency), "policy.residency", Residency, "home or coherent");
        faults.Require(WindowTokens is >= 256 and <= 262_144, "policy.windowTokens", WindowTokens, "256 to 262,144");
        faults.Require(TokensPerStep is >= 1 and <= 1 << 24, "policy.tokensPerStep", TokensPerStep, "1 to 16,777,216");
        faults.Require(HorizonSeconds is > 0 and <= 1e9, "policy.horizonSeconds", HorizonSeconds, "above 0 to 1e9");
        faults.Require(LeastGain is >= 0 and <= 1, "policy.leastGain", LeastGain, "0 to 1");
        faults.Require(RestTokens >= 0, "policy.restTokens", RestTokens, "0 or more");
        faults.Require(MigrationBudgetBytes is null or >= 0, "policy.migrationBudgetBytes", MigrationBudgetBytes, "0 or more");
        faults.Require(BytesPerStep >= 4_096, "policy.bytesPerStep", BytesPerStep, "4,096 or more");
        faults.Require(MaxImbalance is null or (>= 1 and <= 1e6), "policy.maxImbalance", MaxImbalance, "1 or more");
        faults.Require(SearchIterations is >= 1 and <= 1_000_000_000, "policy.searchIterations", SearchIterations, "1 to 1e9");
        faults.Require(CanaryTolerance is > 0 and <= 1e6, "policy.canaryTolerance", CanaryTolerance, "above 0");
        faults.Require(SlowerTolerance is >= 0 and <= 10, "policy.slowerTolerance", SlowerTolerance, "0 to 10");
        faults.Require(VerificationSteps is >= 4 and <= DecodeTimes.Most, "policy.verificationSteps", VerificationSteps, "4 to 1,024");
    }
}
