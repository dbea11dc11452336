namespace MoEPlace.Placement;

/// <summary>Where a search stands.</summary>
/// <param name="BestObjective">The best value so far.</param>
/// <param name="Iterations">Rounds done.</param>
/// <param name="SecondsLeft">Until the time limit.</param>
/// <param name="Fraction">Done of the limit that will be reached first, 0 to 1.</param>
/// <param name="Bound">Below which no placement gets; null while none is known.</param>
public sealed record SearchProgress(double BestObjective, long Iterations, double SecondsLeft, double Fraction, double? Bound = null);
