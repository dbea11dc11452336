using MoEPlace.Simulation.Streams;

namespace MoEPlace.Simulation.Measures;

/// <summary>When the compute stream of one rank was busy.</summary>
internal sealed class ComputeSpans
{
    private readonly List<long> begins = [], ends = [], busyBefore = [];

    internal ComputeSpans(StepRecording recording, int rank)
    {
        foreach (var id in recording.Program.Queue((int)StreamKind.Compute))
        {
            var (begin, end) = (recording.BeginOf(id, rank).Picoseconds, recording.EndOf(id, rank).Picoseconds);
            if (begin == end)
                continue;
            begins.Add(begin);
            ends.Add(end);
            busyBefore.Add(Total);
            Total += end - begin;
        }
    }

    /// <summary>Picoseconds over the whole step.</summary>
    internal long Total { get; private set; }

    /// <summary>Picoseconds between two instants.</summary>
    internal long Within(long begin, long end) => Until(end) - Until(begin);

    private long Until(long time)
    {
        var at = begins.BinarySearch(time);
        var last = (at < 0 ? ~at : at) - 1;
        return last < 0 ? 0 : busyBefore[last] + Math.Min(time, ends[last]) - begins[last];
    }
}
