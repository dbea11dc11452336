namespace MoEPlace.Placement.Affinity;

/// <summary>How long a walk may be: it cools by whichever of the two is used up first.</summary>
/// <param name="Proposals">Swaps that are tried.</param>
/// <param name="Seconds">Wall-clock seconds; infinite under an iteration limit, so that the result does not depend on the clock.</param>
internal readonly record struct Effort(long Proposals, double Seconds)
{
    /// <summary>A part of it.</summary>
    public Effort Share(double share) => new((long)(share * Proposals), share * Seconds);
}
