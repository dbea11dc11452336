using System.Collections.Immutable;
using MoEPlace.Results;
using MoEPlace.Simulation.Network;
using MoEPlace.Simulation.Streams;

namespace MoEPlace.Simulation.Measures;

/// <summary>The streams of a few ranks of a step, and the bytes that passed their ports.</summary>
internal static class TimelineDrawing
{
    private static readonly (string Name, LinkKind Kind)[] Ports =
    [
        (LinkTotals.NameOf(LinkKind.IntraNodeOut), LinkKind.IntraNodeOut), (LinkTotals.NameOf(LinkKind.IntraNodeIn), LinkKind.IntraNodeIn),
        (LinkTotals.NameOf(LinkKind.NicOut), LinkKind.NicOut), (LinkTotals.NameOf(LinkKind.NicIn), LinkKind.NicIn),
    ];

    /// <summary>Draws.</summary>
    /// <param name="recording">The step.</param>
    /// <param name="ranks">How many ranks, 1 or more; the first that <see cref="Chosen"/> gives.</param>
    internal static Timeline Draw(StepRecording recording, int ranks)
    {
        var tracks = ImmutableArray.CreateBuilder<TimelineTrack>();
        var spans = new List<TimelineSpan>();
        foreach (var rank in Chosen(recording).Take(ranks))
        {
            foreach (var stream in Enum.GetValues<StreamKind>())
                AddTrack(rank, SpanTotals.NameOf(stream), StreamSpans(recording, rank, stream, tracks.Count));
            foreach (var (name, kind) in Ports)
                AddTrack(rank, name, PortSpans(recording, rank, kind, tracks.Count));
        }
        return new Timeline(tracks.ToImmutable(), [.. spans]);

        void AddTrack(int rank, string name, IEnumerable<TimelineSpan> drawn)
        {
            var before = spans.Count;
            spans.AddRange(drawn.OrderBy(s => s.BeginPicoseconds));
            if (spans.Count > before)
                tracks.Add(new TimelineTrack($"rank {rank}", name));
        }
    }

    /// <summary>
    /// The ranks in the order in which they matter: that with the busiest port, whose bytes take the longest at the port's bandwidth; that
    /// which computes longest; the others from the lowest, and last those that do nothing, as lost ranks. Among equals the lowest.
    /// </summary>
    internal static IEnumerable<int> Chosen(StepRecording recording)
    {
        int[] all = [.. Enumerable.Range(0, recording.Program.Ranks)];
        var kernels = recording.Program.Operations.Index().Where(o => o.Item.Kind == OperationKind.Kernel).Select(o => o.Index).ToArray();
        double[] ports = [.. all.Select(rank => Ports.Max(port => PortSeconds(recording, port.Kind, rank)))];
        long[] computes =
            [.. all.Select(rank => kernels.Sum(id => recording.EndOf(id, rank).Picoseconds - recording.BeginOf(id, rank).Picoseconds))];
        int[] first = [all.MaxBy(rank => ports[rank]), all.MaxBy(rank => computes[rank])];
        return first.Union(all.OrderBy(rank => ports[rank] == 0 && computes[rank] == 0));
    }

    private static double PortSeconds(StepRecording recording, LinkKind kind, int rank)
    {
        var link = recording.Links.LinkOf(kind, rank);
        return recording.Use.Bytes[link] / recording.Links.BytesPerSecond[link];
    }

    private static IEnumerable<TimelineSpan> StreamSpans(StepRecording recording, int rank, StreamKind stream, int track)
    {
        var program = recording.Program;
        foreach (var id in program.Queue((int)stream))
        {
            var operation = program.Operations[id];
            var (start, begin, end) = (recording.StartOf(id, rank), recording.BeginOf(id, rank), recording.EndOf(id, rank));
            var bytes = operation.Kind switch
            {
                OperationKind.Exchange => BytesOut(program.Exchanges[operation.Index].Traffic, rank),
                OperationKind.Transfer => program.Transfers[operation.Index].Bytes[rank],
                _ => 0,
            };
            if (begin > start)
                yield return Span(StepPhase.Wait, start, begin, 0);
            if (end > begin)
                yield return Span(operation.Phase, begin, end, bytes);

            TimelineSpan Span(string phase, SimTime from, SimTime to, long moved) =>
                new(track, phase, operation.Layer, operation.Part, from.Picoseconds, (to - from).Picoseconds, moved);
        }
    }

    private static IEnumerable<TimelineSpan> PortSpans(StepRecording recording, int rank, LinkKind kind, int track)
    {
        for (var id = 0; id < recording.Program.Operations.Length; id++)
        {
            var operation = recording.Program.Operations[id];
            if (operation.Kind != OperationKind.Exchange)
                continue;
            var bytes = Bytes(recording.Program.Exchanges[operation.Index].Traffic, kind)[rank];
            var (begin, end) = (recording.BeginOf(id, rank), recording.EndOf(id, rank));
            if (bytes > 0)
            {
                yield return new TimelineSpan(
                    track, operation.Phase, operation.Layer, operation.Part, begin.Picoseconds, (end - begin).Picoseconds, bytes);
            }
        }
    }

    private static ReadOnlySpan<long> Bytes(ExchangeTraffic traffic, LinkKind kind) => kind switch
    {
        LinkKind.IntraNodeOut => traffic.IntraNodeOut,
        LinkKind.IntraNodeIn => traffic.IntraNodeIn,
        LinkKind.NicOut => traffic.InterNodeOut,
        _ => traffic.InterNodeIn,
    };

    private static long BytesOut(ExchangeTraffic traffic, int rank) => traffic.IntraNodeOut[rank] + traffic.InterNodeOut[rank];
}
