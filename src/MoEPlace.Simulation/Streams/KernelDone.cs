namespace MoEPlace.Simulation.Streams;

/// <summary>From a rank to itself: the kernel on its compute stream ends now, unless it was slowed down since.</summary>
internal sealed record KernelDone
{
    internal static readonly KernelDone Message = new();
}
