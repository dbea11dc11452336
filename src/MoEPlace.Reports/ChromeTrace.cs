using System.Text.Json;
using MoEPlace.Results;

namespace MoEPlace.Reports;

/// <summary>Timelines in the trace event format, which chrome://tracing and Perfetto open.</summary>
public static class ChromeTrace
{
    private const decimal PicosecondsPerMicrosecond = 1e6m;
    private const int LongestName = 120;

    /// <summary>
    /// Writes the timelines of all variants into one file, whole or not at all: a process for each group of a variant, a thread for each
    /// of its tracks, a complete event for each span, counters for how busy links are, in percent. Times are microseconds. Spans that
    /// overlap on a track, as the flows of a link do, stand on threads of their own, since a thread shows one thing at a time.
    /// </summary>
    /// <param name="result">Variants without a timeline are passed over.</param>
    /// <param name="path">Where to.</param>
    /// <exception cref="InputException">The result is not valid, or the path cannot be written.</exception>
    public static void Write(SimulationResult result, string path)
    {
        ArgumentNullException.ThrowIfNull(result);
        var faults = new InputFaults("simulation");
        SimulationCheck.Check(result, faults);
        faults.ThrowIfAny();
        OutputFile.Write(path, stream =>
        {
            using var json = new Utf8JsonWriter(stream);
            json.WriteStartObject();
            json.WriteString("displayTimeUnit", "ns");
            json.WriteStartObject("otherData");
            json.WriteString("scenario", PlainText.Clean(result.Scenario, LongestName));
            json.WriteString("model", PlainText.Clean(result.Model, LongestName));
            json.WriteString("routing", result.Origin);
            json.WriteEndObject();
            json.WriteStartArray("traceEvents");
            var process = 0;
            foreach (var variant in result.Variants)
                if (variant.Timeline is { } timeline)
                    process = WriteVariant(json, variant, timeline, process);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static int WriteVariant(Utf8JsonWriter json, SimulatedVariant variant, Timeline timeline, int processes)
    {
        var spans = timeline.Spans.ToLookup(s => s.Track);
        foreach (var group in timeline.Tracks.Index().GroupBy(t => t.Item.Group, StringComparer.Ordinal))
        {
            processes++;
            Name(json, "process_name", processes, 0, $"{variant.Name}: {group.Key}");
            WriteNumber(json, "process_sort_index", processes, 0, processes);
            var threads = 0;
            foreach (var (track, noun) in group)
            {
                var first = threads + 1;
                foreach (var (lane, span) in Lanes(spans[track]))
                {
                    for (; threads < first + lane; threads++)
                        NameThread(json, processes, threads + 1, noun.Name, threads + 2 - first);
                    WriteSpan(json, processes, first + lane, span);
                }
                if (threads < first)
                    NameThread(json, processes, ++threads, noun.Name, 1);
            }
        }
        if (variant.LinkShares.Length > 0)
            WriteLoads(json, variant, timeline, ++processes);
        return processes;
    }

    /// <summary>Each span with the first lane that is free when it begins, in the order of their begins.</summary>
    internal static IEnumerable<(int Lane, TimelineSpan Span)> Lanes(IEnumerable<TimelineSpan> spans)
    {
        var busy = new PriorityQueue<int, long>();
        var free = new PriorityQueue<int, int>();
        var lanes = 0;
        foreach (var span in spans.OrderBy(s => s.BeginPicoseconds).ThenBy(s => s.DurationPicoseconds))
        {
            while (busy.TryPeek(out var done, out var end) && end <= span.BeginPicoseconds)
            {
                busy.Dequeue();
                free.Enqueue(done, done);
            }
            var lane = free.Count > 0 ? free.Dequeue() : lanes++;
            busy.Enqueue(lane, span.BeginPicoseconds + span.DurationPicoseconds);
            yield return (lane, span);
        }
    }

    private static void WriteSpan(Utf8JsonWriter json, int process, int thread, TimelineSpan span)
    {
        json.WriteStartObject();
        json.WriteString("name", PlainText.Clean(span.Phase, LongestName));
        json.WriteString("cat", span.Bytes > 0 ? "exchange" : "stream");
        json.WriteString("ph", "X");
        json.WriteNumber("pid", process);
        json.WriteNumber("tid", thread);
        json.WriteNumber("ts", span.BeginPicoseconds / PicosecondsPerMicrosecond);
        json.WriteNumber("dur", span.DurationPicoseconds / PicosecondsPerMicrosecond);
        json.WriteStartObject("args");
        if (span.Layer >= 0)
            json.WriteNumber("layer", span.Layer);
        json.WriteNumber("part", span.Part);
        if (span.Bytes > 0)
            json.WriteNumber("bytes", span.Bytes);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteLoads(Utf8JsonWriter json, SimulatedVariant variant, Timeline timeline, int process)
    {
        Name(json, "process_name", process, 0, $"{variant.Name}: links");
        WriteNumber(json, "process_sort_index", process, 0, process);
        var end = timeline.Spans.Select(s => s.BeginPicoseconds + s.DurationPicoseconds).DefaultIfEmpty().Max();
        foreach (var load in variant.LinkShares)
            for (var bin = 0; bin < load.Shares.Length; bin++)
            {
                json.WriteStartObject();
                json.WriteString("name", PlainText.Clean(load.Kind, LongestName) + " busy, %");
                json.WriteString("ph", "C");
                json.WriteNumber("pid", process);
                json.WriteNumber("ts", decimal.Floor((decimal)end * bin / load.Shares.Length) / PicosecondsPerMicrosecond);
                json.WriteStartObject("args");
                json.WriteNumber("percent", Math.Round(load.Shares[bin] * 100, 3));
                json.WriteEndObject();
                json.WriteEndObject();
            }
    }

    private static void NameThread(Utf8JsonWriter json, int process, int thread, string name, int lane)
    {
        Name(json, "thread_name", process, thread, lane == 1 ? name : $"{name} ({lane})");
        WriteNumber(json, "thread_sort_index", process, thread, thread);
    }

    private static void Name(Utf8JsonWriter json, string what, int process, int thread, string name) =>
        WriteMetadata(json, what, process, thread, () => json.WriteString("name", PlainText.Clean(name, LongestName)));

    private static void WriteNumber(Utf8JsonWriter json, string what, int process, int thread, int index) =>
        WriteMetadata(json, what, process, thread, () => json.WriteNumber("sort_index", index));

    private static void WriteMetadata(Utf8JsonWriter json, string what, int process, int thread, Action writeArguments)
    {
        json.WriteStartObject();
        json.WriteString("name", what);
        json.WriteString("ph", "M");
        json.WriteNumber("pid", process);
        json.WriteNumber("tid", thread);
        json.WriteStartObject("args");
        writeArguments();
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
