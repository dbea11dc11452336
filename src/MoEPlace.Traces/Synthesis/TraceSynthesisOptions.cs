namespace MoEPlace.Traces.Synthesis;

/// <summary>What a synthetic trace shall look like.</summary>
public sealed record TraceSynthesisOptions
{
    /// <summary>The most entries, (domains + 1) x layers x experts, of the orders of popularity that are held in memory.</summary>
    private const long MostPopularityEntries = 1L << 26;

    /// <summary>The model that the trace shall seem to come from: its layers, experts and top-k.</summary>
    public required MoEModel Model { get; init; }

    /// <summary>Rows, 1 to 10^9.</summary>
    public long Tokens { get; init; } = 100_000;

    /// <summary>Sequences that the tokens are dealt to, as evenly as can be: 1 to <see cref="Tokens"/>, at most 10^8.</summary>
    public int Sequences { get; init; } = 200;

    /// <summary>
    /// Probability, 0 to 1, that a choice is the preferred successor of the same choice in the layer before, not a draw from the load.
    /// </summary>
    public double Affinity { get; init; } = 0.5;

    /// <summary>The expert of rank r has a load in proportion to r^-exponent: 0 is even, 0 to 10. Each layer has its own ranks.</summary>
    public double ZipfExponent { get; init; } = 0.8;

    /// <summary>Domains, 1 to 256; sequence s belongs to domain s mod domains. One domain is not written as a column.</summary>
    public int Domains { get; init; } = 1;

    /// <summary>Share of the draws from the load that follow the domain's own ranks, not the common ones, 0 to 1.</summary>
    public double DomainShare { get; init; } = 0.5;

    /// <summary>Whether gate weights are written; choices stand in order of weight either way.</summary>
    public bool GateWeights { get; init; } = true;

    /// <summary>The same seed gives the same bytes.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Checks everything.</summary>
    /// <exception cref="InputException">Something is out of range; every fault is told.</exception>
    public void Validate()
    {
        var faults = new InputFaults("trace synthesize");
        Model.Check(faults, "model.");
        faults.Require(Tokens is >= 1 and <= 1_000_000_000, "tokens", Tokens, "1 to 1,000,000,000");
        var mostSequences = Math.Clamp(Tokens, 1, 100_000_000);
        faults.Require(Sequences >= 1 && Sequences <= mostSequences, "sequences", Sequences, $"1 to {mostSequences}, and to tokens");
        faults.Require(Affinity is >= 0 and <= 1, "affinity", Affinity, "0 to 1");
        faults.Require(ZipfExponent is >= 0 and <= 10, "zipfExponent", ZipfExponent, "0 to 10");
        faults.Require(Domains is >= 1 and <= 256, "domains", Domains, "1 to 256");
        faults.Require(DomainShare is >= 0 and <= 1, "domainShare", DomainShare, "0 to 1");
        faults.ThrowIfAny();
        var entries = (Domains + 1L) * Model.Layers * Model.Experts;
        if (entries > MostPopularityEntries)
        {
            var allowed = $"(domains + 1) x layers x experts of at most {MostPopularityEntries}";
            throw new InputException("trace synthesize", "model", entries, allowed);
        }
    }
}
