namespace MoEPlace.Simulation.Scenarios;

/// <summary>A random process that stands in for a recording: Markov affinity between layers, Zipf load.</summary>
public sealed record SyntheticChoice
{
    /// <summary>Tokens, 1 to 4,194,304.</summary>
    public int Tokens { get; init; } = 10_000;

    /// <summary>Sequences that they are dealt to, 1 to <see cref="Tokens"/>.</summary>
    public int Sequences { get; init; } = 100;

    /// <summary>Probability that a choice follows the preferred successor of the choice in the layer before, 0 to 1.</summary>
    public double Affinity { get; init; } = 0.5;

    /// <summary>The expert of rank r has a load in proportion to r^-exponent, 0 to 10; 0 is even.</summary>
    public double ZipfExponent { get; init; } = 0.8;
}
