using System.Collections.Immutable;
using System.Globalization;
using MoEPlace.Traces.Journals;

namespace MoEPlace.Traces;

/// <summary>
/// Puts traces of one model one after another. Sequences and steps are numbered on; domains are united by name; a column that not all
/// traces have is dropped; one synthetic trace makes the whole synthetic.
/// </summary>
public static class TraceMerge
{
    private const int CellsAtOnce = 1 << 18;

    /// <summary>Merges.</summary>
    /// <param name="inputs">The traces or journals, in the order in which they shall stand.</param>
    /// <param name="output">The trace to write; nothing stands there when the merge fails.</param>
    /// <exception cref="InputException">A trace is not valid, the models differ, or numbers do not fit any more.</exception>
    public static TraceMergeResult Run(IReadOnlyList<string> inputs, string output)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.Count == 0)
            throw new InputException("traces", "traces", 0, "at least one trace");
        var twice = inputs.GroupBy(Path.GetFullPath).FirstOrDefault(same => same.Count() > 1);
        if (twice is not null)
            throw new InputException(twice.Key, "traces", twice.Count(), "each trace once: a sequence that stands twice would be trained and tested on");
        var traces = new List<RoutingTrace>();
        try
        {
            var notes = Open(inputs, traces);
            return Merge(traces, output) with { Notes = notes };
        }
        finally
        {
            foreach (var trace in traces)
                trace.Dispose();
        }
    }

    private static ImmutableArray<string> Open(IReadOnlyList<string> inputs, List<RoutingTrace> traces)
    {
        var faults = new InputFaults(inputs[0]);
        var notes = new List<string>();
        foreach (var input in inputs)
        {
            try
            {
                if (JournalTrace.IsJournal(input))
                {
                    var (trace, told) = JournalTrace.Open(input);
                    traces.Add(trace);
                    notes.AddRange(told.Select(note => $"{input}: {note}"));
                }
                else
                    traces.Add(RoutingTrace.Open(input));
            }
            catch (InputException e)
            {
                faults.AddRange(e.Faults);
            }
        }
        faults.ThrowIfAny();
        foreach (var trace in traces.Where(t => t.Model != traces[0].Model))
            faults.AddRange([new InputFault(trace.Path, "model", Show(trace.Model), $"the model of {inputs[0]}: {Show(traces[0].Model)}")]);
        faults.ThrowIfAny();
        return [.. notes];
    }

    private static TraceMergeResult Merge(List<RoutingTrace> traces, string output)
    {
        var kept = traces.Aggregate((TraceColumns)~0, (all, t) => all & t.Columns);
        var dropped = traces.Aggregate(TraceColumns.None, (any, t) => any | t.Columns) & ~kept;
        var domains = kept.HasFlag(TraceColumns.Domain) ? new DomainUnion(traces) : null;
        var header = Header(traces, domains);
        var tokens = traces.Sum(t => t.Tokens);
        using var writer = new RoutingTraceWriter(output, header, tokens, kept);
        var offsets = new Offsets();
        for (var i = 0; i < traces.Count; i++)
        {
            var next = offsets;
            foreach (var (row, count) in Blocks(traces[i]))
                writer.Append(Rows(traces[i], row, count, kept, offsets, ref next, domains?.Numbers[i]));
            offsets = next;
        }
        writer.Complete();
        return new TraceMergeResult(output, header, tokens, offsets.Sequence, kept, dropped);
    }

    private static TraceHeader Header(List<RoutingTrace> traces, DomainUnion? domains) => new(
        traces[0].Model,
        traces.Any(t => t.Header.Origin == TraceOrigin.Synthetic) ? TraceOrigin.Synthetic : TraceOrigin.Measured,
        string.Join("; ", traces.Select(t => t.Header.Source).Where(s => s.Length > 0).Distinct(StringComparer.Ordinal)),
        string.Join("; ", traces.Select(t => t.Header.Licence).Where(s => s.Length > 0).Distinct(StringComparer.Ordinal)),
        traces.All(t => t.Header.ChoiceOrder == ChoiceOrder.ByWeight) ? ChoiceOrder.ByWeight : ChoiceOrder.Unordered,
        domains?.Names ?? []);

    private static IEnumerable<(long Row, int Count)> Blocks(RoutingTrace trace)
    {
        var capacity = Math.Clamp(CellsAtOnce / (trace.Layers * trace.TopK), 1, 1 << 16);
        for (long row = 0; row < trace.Tokens; row += capacity)
            yield return (row, (int)Math.Min(capacity, trace.Tokens - row));
    }

    private static TraceRows Rows(
        RoutingTrace trace, long row, int count, TraceColumns kept, Offsets offsets, ref Offsets next, byte[]? domainNumbers)
    {
        var experts = new ushort[count * trace.Layers * trace.TopK];
        trace.CopyExperts(row, count, experts);
        var sequence = Shift(trace, "sequence", row, trace.Sequence(row, count), offsets.Sequence, ref next.Sequence);
        var step = kept.HasFlag(TraceColumns.Step) ? Shift(trace, "step", row, trace.Step(row, count), offsets.Step, ref next.Step) : null;
        var domain = domainNumbers is null ? null : trace.Domain(row, count).ToArray();
        for (var i = 0; domain is not null && i < count; i++)
            domain[i] = domainNumbers![domain[i]];
        return new TraceRows(
            experts,
            sequence,
            trace.Position(row, count).ToArray(),
            kept.HasFlag(TraceColumns.GateWeights) ? trace.GateWeights(row, count).ToArray() : null,
            step,
            kept.HasFlag(TraceColumns.Home) ? trace.Home(row, count).ToArray() : null,
            kept.HasFlag(TraceColumns.Phase) ? trace.Phase(row, count).ToArray() : null,
            domain);
    }

    private static int[] Shift(RoutingTrace trace, string column, long row, ReadOnlySpan<int> numbers, long offset, ref long next)
    {
        var shifted = new int[numbers.Length];
        for (var i = 0; i < shifted.Length; i++)
        {
            if (numbers[i] < 0 || numbers[i] + offset >= int.MaxValue)
                throw new InputException(
                    trace.Path, $"{column}[{row + i}]", numbers[i], $"0 to {int.MaxValue - 1 - offset}, so that {offset} can be added");
            shifted[i] = (int)(numbers[i] + offset);
            next = Math.Max(next, shifted[i] + 1L);
        }
        return shifted;
    }

    private static string Show(MoEModel model) => string.Create(
        CultureInfo.InvariantCulture, $"{model.Name}, {model.Layers} of {model.HiddenLayers} layers, {model.Experts} experts, top-{model.TopK}");

    private struct Offsets
    {
        internal long Sequence;
        internal long Step;
    }

    /// <summary>Domains of all traces by name, and each trace's numbers among them.</summary>
    private sealed class DomainUnion
    {
        internal DomainUnion(List<RoutingTrace> traces)
        {
            var names = new List<string>();
            var numbers = new List<byte[]>();
            foreach (var trace in traces)
            {
                var used = new bool[256];
                for (long row = 0; row < trace.Tokens; row += CellsAtOnce)
                    foreach (var domain in trace.Domain(row, (int)Math.Min(CellsAtOnce, trace.Tokens - row)))
                        used[domain] = true;
                var own = new byte[256];
                for (var d = 0; d < own.Length; d++)
                {
                    var name = d < trace.Header.Domains.Length ? trace.Header.Domains[d]
                        : used[d] ? throw new InputException(
                            trace.Path, "domain", d, $"0 to {trace.Header.Domains.Length - 1}, the domains that it names") : null;
                    if (name is null)
                        continue;
                    if (!names.Contains(name))
                        names.Add(name);
                    own[d] = names.Count <= own.Length ? (byte)names.IndexOf(name) : throw new InputException(
                        trace.Path, "domains", names.Count, "at most 256 domains in all");
                }
                numbers.Add(own);
            }
            (Names, Numbers) = ([.. names], numbers);
        }

        internal ImmutableArray<string> Names { get; }

        internal List<byte[]> Numbers { get; }
    }
}
