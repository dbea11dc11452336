namespace MoEPlace.Placement.Bounds;

/// <summary>A value of the objective below which no placement gets.</summary>
/// <param name="Bound">In the unit of the objective.</param>
/// <param name="Method">What proves it, for people: columns, teams, partners, pairs, counting, enumeration.</param>
internal sealed record CertifiedBound(double Bound, string Method);
