using System.Collections.Immutable;

namespace MoEPlace.Placement;

/// <summary>
/// How long the moves between two placements take when all ports work at once and nothing else is sent: each rank has one port within its
/// node and one to other nodes, each direction by itself, and the busiest decides.
/// </summary>
/// <param name="Seconds">The longer of the two tiers, which work side by side; 0 without moves.</param>
/// <param name="IntraNodeSeconds">Latency + bytes of the busiest port / bandwidth within nodes; 0 when nothing is sent there.</param>
/// <param name="InterNodeSeconds">The same between nodes.</param>
/// <param name="IntraNodeBytes">Sent within nodes, over all ranks.</param>
/// <param name="InterNodeBytes">Sent between nodes, over all ranks.</param>
/// <param name="IntraNodeBusiestBytes">The most that one rank sends, or receives, within its node.</param>
/// <param name="InterNodeBusiestBytes">The most that one rank sends to, or receives from, other nodes.</param>
public sealed record MigrationTime(
    double Seconds,
    double IntraNodeSeconds,
    double InterNodeSeconds,
    long IntraNodeBytes,
    long InterNodeBytes,
    long IntraNodeBusiestBytes,
    long InterNodeBusiestBytes)
{
    /// <summary>Estimates the time of some moves.</summary>
    /// <param name="moves">Who sends what to whom; ranks of the cluster.</param>
    /// <param name="expertBytes">Bytes of one expert's weights.</param>
    /// <param name="cluster">The links.</param>
    internal static MigrationTime Of(ImmutableArray<PlacementMove> moves, long expertBytes, Cluster cluster)
    {
        var sent = (Intra: new long[cluster.Ranks], Inter: new long[cluster.Ranks]);
        var received = (Intra: new long[cluster.Ranks], Inter: new long[cluster.Ranks]);
        foreach (var move in moves)
        {
            var within = cluster.NodeOf(move.Source) == cluster.NodeOf(move.To);
            (within ? sent.Intra : sent.Inter)[move.Source.Value] += expertBytes;
            (within ? received.Intra : received.Inter)[move.To.Value] += expertBytes;
        }
        var intraBusiest = Math.Max(sent.Intra.Max(), received.Intra.Max());
        var interBusiest = Math.Max(sent.Inter.Max(), received.Inter.Max());
        var intraSeconds = TimeOf(cluster.IntraNode, intraBusiest);
        var interSeconds = TimeOf(cluster.InterNode, interBusiest);
        return new MigrationTime(
            Math.Max(intraSeconds, interSeconds), intraSeconds, interSeconds, sent.Intra.Sum(), sent.Inter.Sum(), intraBusiest,
            interBusiest);

        static double TimeOf(Link link, long bytes) =>
            bytes == 0 ? 0 : link.LatencyNanoseconds * 1e-9 + bytes / link.BandwidthBytesPerSecond;
    }
}
