namespace MoEPlace.Placement.Solvers;

/// <summary>What <c>highs.mjs</c> answers.</summary>
/// <param name="Missing">The package that is not installed; the rest is then empty.</param>
/// <param name="Status">HiGHS's model status, by the name in its constants.</param>
/// <param name="Found">True when the values satisfy the program.</param>
/// <param name="Bound">Best bound; null when unknown.</param>
/// <param name="Nodes">Branch-and-bound nodes.</param>
/// <param name="Values">[columns], or empty.</param>
internal sealed record HighsAnswer(
    string? Missing = null,
    string Status = "",
    bool Found = false,
    double? Bound = null,
    long Nodes = 0,
    double[]? Values = null);
