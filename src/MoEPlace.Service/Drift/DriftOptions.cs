namespace MoEPlace.Service.Drift;

/// <summary>What a drift detector takes for a shift.</summary>
public sealed record DriftOptions
{
    /// <summary>Tokens that the reference is made of, 256 or more; of counts four times as many, and 32 messages. Default: 8,192.</summary>
    public int ReferenceTokens { get; init; } = 8_192;

    /// <summary>Tokens that are compared with it at a time, 64 or more. Default: 2,048.</summary>
    public int TestTokens { get; init; } = 2_048;

    /// <summary>Checks every option.</summary>
    /// <exception cref="InputException">An option is out of its range; every fault is told.</exception>
    public void Validate()
    {
        var faults = new InputFaults("drift");
        faults.Require(ReferenceTokens >= 256, "referenceTokens", ReferenceTokens, "256 or more");
        faults.Require(TestTokens >= 64, "testTokens", TestTokens, "64 or more");
        faults.ThrowIfAny();
    }
}
