namespace MoEPlace.Placement.Copies;

/// <summary>How long a walk may take: until a time, or a number of swaps that are tried, which depends on no clock.</summary>
/// <param name="Clock">Seconds since the search began.</param>
/// <param name="Begin">When the walk begins.</param>
/// <param name="End">When it shall end; infinite to go by the number of swaps.</param>
/// <param name="Proposals">Swaps to try in each part of it then.</param>
/// <param name="Stop">True ends it at once.</param>
internal sealed record WalkPace(Func<double> Clock, double Begin, double End, long Proposals, Func<bool> Stop)
{
    /// <summary>The progress of a part of the walk that begins now, as a function of the swaps tried.</summary>
    /// <param name="share">Share of the time of the walk after which the part ends.</param>
    public Func<long, double> Part(double share)
    {
        var begin = Clock();
        var seconds = Math.Max(1e-3, Begin + share * (End - Begin) - begin);
        return double.IsInfinity(End)
            ? tried => Stop() ? 1 : (double)tried / Proposals
            : _ => Stop() ? 1 : (Clock() - begin) / seconds;
    }
}
