namespace MoEPlace.Evaluation;

/// <summary>Under which conditions a placement is judged.</summary>
public sealed record EvaluationOptions
{
    /// <summary>The most tokens of a step, and of context.</summary>
    public const int MostTokens = 1 << 24;

    /// <summary>Where a token's hidden state lives between layers. Default: home.</summary>
    public Residency Residency { get; init; } = Residency.Home;

    /// <summary>
    /// Tokens of one window of the imbalance, 1 or more; windows follow each other in file order and a last partial one is dropped
    /// unless it is the only one. Default: null, all tokens in one window.
    /// </summary>
    public long? WindowTokens { get; init; }

    /// <summary>Which replica of an expert serves a token. Default: the nearest.</summary>
    public ReplicaChoice Dispatch { get; init; } = ReplicaChoice.Nearest;

    /// <summary>Tokens of one modelled step over all ranks, 1 to 16,777,216. Default: 512, 64 sequences on each of 8 ranks.</summary>
    public int TokensPerStep { get; init; } = 512;

    /// <summary>What the modelled step does. Default: decode.</summary>
    public ServingPhase Phase { get; init; } = ServingPhase.Decode;

    /// <summary>
    /// Decode: tokens that every sequence has in its key-value cache; prefill: tokens of each prompt. 1 to 16,777,216. Default: 1,024.
    /// </summary>
    public int ContextTokens { get; init; } = 1024;

    /// <summary>
    /// True when hidden states stay with their top-1 expert: residency coherent in decode; its prefill runs home. Tokens that the trace
    /// records as prefill are at home in any case.
    /// </summary>
    public bool RunsCoherent => Residency == Residency.Coherent && Phase == ServingPhase.Decode;

    /// <summary>Checks every option.</summary>
    /// <exception cref="InputException">An option is out of its range; every fault is told.</exception>
    public void Validate()
    {
        var faults = new InputFaults("options");
        Check(faults);
        faults.ThrowIfAny();
    }

    /// <summary>Notes every option that is out of its range.</summary>
    internal void Check(InputFaults faults)
    {
        faults.Require(Enum.IsDefined(Residency), "--residency", Residency, "home or coherent");
        faults.Require(Enum.IsDefined(Dispatch), "--dispatch", Dispatch, "nearest, even or balanced");
        faults.Require(WindowTokens is null or >= 1, "--window", WindowTokens, "1 or more tokens");
        faults.Require(TokensPerStep is >= 1 and <= MostTokens, "--tokens-per-step", TokensPerStep, "1 to 16,777,216");
        faults.Require(Enum.IsDefined(Phase), "--phase", Phase, "decode or prefill");
        faults.Require(ContextTokens is >= 1 and <= MostTokens, "--context", ContextTokens, "1 to 16,777,216");
    }
}
