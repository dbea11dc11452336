namespace MoEPlace.Placement.Copies;

/// <summary>What a search over tokens counts.</summary>
internal enum CopyMeasure
{
    /// <summary>2 |R \ {home}|: R are the distinct ranks of a token's experts in a layer.</summary>
    Home,

    /// <summary>2 |R| - [attractor in R]: the attractor is the rank of the top-1 before. The judge takes one less for every token with experts.</summary>
    Coherent,

    /// <summary>1 - [attractor in R] where R is the rank of the top-1 alone.</summary>
    Crossing,
}
