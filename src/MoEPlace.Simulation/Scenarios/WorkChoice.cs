using MoEPlace.Evaluation;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>What a step does. Tokens are given per rank or per step, not both.</summary>
public sealed record WorkChoice
{
    /// <summary>Decode or prefill. Default: decode.</summary>
    public ServingPhase Phase { get; init; } = ServingPhase.Decode;

    /// <summary>Tokens of a step for every rank that is left; 1 or more.</summary>
    public int? TokensPerRank { get; init; }

    /// <summary>Tokens of a step over all ranks; 1 or more.</summary>
    public int? TokensPerStep { get; init; }

    /// <summary>Tokens in a sequence's cache (decode) or of a prompt (prefill), 1 to 16,777,216. Default: 1,024.</summary>
    public int ContextTokens { get; init; } = 1024;

    /// <summary>Steps one after the other, each on other tokens, 1 to 1,000. Default: 1.</summary>
    public int Steps { get; init; } = 1;

    /// <summary>Tokens of a step over all ranks.</summary>
    /// <param name="ranks">Ranks that are left.</param>
    internal long Tokens(int ranks) => TokensPerStep ?? (long)(TokensPerRank ?? 0) * ranks;
}
