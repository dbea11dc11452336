using MoEPlace.Simulation.Streams;

namespace MoEPlace.Simulation.Tests.Streams;

/// <summary>
/// The slow obvious twin of the rank actors: the longest path over streams and events, in the order of issue, with the closed form of
/// exchanges that are uniform inside one node and never overlap each other.
/// </summary>
internal static class CriticalPath
{
    internal static long End(StepProgram program, Cluster cluster)
    {
        var ends = new long[program.Operations.Length, program.Ranks];
        var streams = new Dictionary<(StreamKind, int), long>();
        for (var id = 0; id < program.Operations.Length; id++)
        {
            var operation = program.Operations[id];
            var starts = Enumerable.Range(0, program.Ranks).Select(
                rank => operation.After.Select(earlier => ends[earlier, rank])
                    .Append(streams.GetValueOrDefault((operation.Stream, rank))).Max()).ToArray();
            for (var rank = 0; rank < program.Ranks; rank++)
            {
                ends[id, rank] = operation.Kind switch
                {
                    OperationKind.Kernel => starts[rank] + program.Durations(operation)[rank],
                    OperationKind.Exchange =>
                        starts.Max() + Closed(program.Exchanges[operation.Index].Traffic.IntraNodeOut[rank], cluster.IntraNode),
                    _ => starts[rank] + Closed(program.Transfers[operation.Index].Bytes[rank], cluster.Fabric!.HostLink!),
                };
                streams[(operation.Stream, rank)] = ends[id, rank];
            }
        }
        return ends.Cast<long>().DefaultIfEmpty().Max();
    }

    private static long Closed(long bytes, Link link) => bytes == 0
        ? 0
        : (long)Math.Ceiling(link.LatencyNanoseconds * 1e3) + (long)Math.Ceiling(bytes * 1e12m / (decimal)link.BandwidthBytesPerSecond);
}
