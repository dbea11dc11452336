using System.Runtime.CompilerServices;

namespace MoEPlace.Simulation.Network;

/// <summary>Bytes on their way over a route.</summary>
/// <param name="Batch">What they belong to.</param>
/// <param name="First">Who waits for them, a waiter of the batch.</param>
/// <param name="Second">Who else does; -1 for nobody.</param>
/// <param name="Bytes">How many, 1 or more.</param>
/// <param name="Inflation">How much of a link's time they take beside bytes that reach its whole bandwidth.</param>
/// <param name="Route">Over which links.</param>
internal readonly record struct Flow(FlowBatch Batch, int First, int Second, long Bytes, double Inflation, Flow.Links Route)
{
    /// <summary>Up to four links; the rest are -1.</summary>
    [InlineArray(NetworkLinks.LongestRoute)]
    internal struct Links
    {
        private int first;

        internal static Links Of(ReadOnlySpan<int> links)
        {
            var route = new Links();
            ((Span<int>)route).Fill(-1);
            links.CopyTo(route);
            return route;
        }
    }
}
