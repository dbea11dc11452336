namespace MoEPlace.Service.Drift;

/// <summary>What a drift detector takes for a shift.</summary>
public sealed record DriftOptions
{
    /// <summary>Tokens that the reference is made of, 256 or more. Default: 8,192.</summary>
    public int ReferenceTokens { get; init; } = 8_192;

    /// <summary>Tokens that are compared with it at a time, 64 or more. Default: 2,048.</summary>
    public int TestTokens { get; init; } = 2_048;
}
