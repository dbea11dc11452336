using System.Collections.Immutable;
using System.Runtime.InteropServices;
using MoEPlace.Results;
using MoEPlace.Simulation.Streams;

namespace MoEPlace.Simulation.Measures;

/// <summary>
/// What the recorded spans of steps sum to on each rank: the one place that says what a time means. A span of an exchange begins when its
/// last rank has joined; what comes before is waiting. Ranks that are lost do not count.
/// </summary>
internal sealed class SpanTotals
{
    private static readonly string[] Phases = [.. StepPhase.All];
    private static readonly int Wait = Array.IndexOf(Phases, StepPhase.Wait);

    /// <summary>To whom an instant belongs at which several are under way beside no computation; exchanges of tokens come first.</summary>
    private static readonly int[] Order =
    [
        .. new[] { StepPhase.Dispatch, StepPhase.Combine, StepPhase.Context, StepPhase.Gradient }.Union(StepPhase.All)
            .Select(phase => Array.IndexOf(Phases, phase)),
    ];

    private const int TokenExchanges = 3;
    private readonly List<long> times = [];
    private readonly List<int> changes = [];
    private readonly long[][] busy, exposed, streams;
    private readonly long[] exchange, exposedExchange;
    private readonly int[] ranks;
    private readonly List<long> steps = [];

    /// <summary>Begins at nothing.</summary>
    /// <param name="ranks">All ranks.</param>
    /// <param name="lost">Those that do not count.</param>
    internal SpanTotals(int ranks, ImmutableArray<int> lost)
    {
        this.ranks = [.. Enumerable.Range(0, ranks).Except(lost)];
        (busy, exposed, streams) = (Rows(Phases.Length), Rows(Phases.Length), Rows(StepProgram.StreamKinds));
        (exchange, exposedExchange) = (new long[ranks], new long[ranks]);

        long[][] Rows(int count) => [.. Enumerable.Range(0, count).Select(_ => new long[ranks])];
    }

    /// <summary>Time of all steps, seconds.</summary>
    internal double Seconds => steps.Sum() * 1e-12;

    /// <summary>Mean time of a step, seconds.</summary>
    internal double StepSeconds => Seconds / steps.Count;

    /// <summary>95th percentile by nearest rank.</summary>
    internal double StepSecondsP95 => steps.Order().ElementAt((int)Math.Ceiling(0.95 * steps.Count) - 1) * 1e-12;

    /// <summary>Time in which at least one dispatch, combine or gathering of context was under way.</summary>
    internal double ExchangeSeconds => Mean(exchange);

    /// <summary>Time of dispatches and combines, each by itself.</summary>
    internal double RoutingSeconds => Mean(busy[Array.IndexOf(Phases, StepPhase.Dispatch)]) + Mean(busy[Array.IndexOf(Phases, StepPhase.Combine)]);

    /// <summary>Of all exchanges, what the rank computed nothing beside.</summary>
    internal double ExposedExchangeSeconds => Mean(exposedExchange);

    /// <summary>Time that the rank waited for others in exchanges.</summary>
    internal double WaitSeconds => Mean(busy[Wait]);

    /// <summary>Time of the compute stream.</summary>
    internal double ComputeSeconds => Mean(streams[(int)StreamKind.Compute]);

    /// <summary>Adds one step.</summary>
    internal void Add(StepRecording recording)
    {
        steps.Add(recording.End.Picoseconds);
        int[] phaseOf = [.. recording.Program.Operations.Select(o => Array.IndexOf(Phases, o.Phase))];
        foreach (var rank in ranks)
        {
            var compute = new ComputeSpans(recording, rank);
            times.Clear();
            changes.Clear();
            for (var id = 0; id < phaseOf.Length; id++)
            {
                var operation = recording.Program.Operations[id];
                var (begin, end) = (recording.BeginOf(id, rank).Picoseconds, recording.EndOf(id, rank).Picoseconds);
                var computes = operation.Stream == StreamKind.Compute;
                busy[phaseOf[id]][rank] += end - begin;
                streams[(int)operation.Stream][rank] += end - begin;
                if (computes)
                    exposed[phaseOf[id]][rank] += end - begin;
                else
                    Note(phaseOf[id], begin, end);
                if (operation.Kind != OperationKind.Exchange)
                    continue;
                var start = recording.StartOf(id, rank).Picoseconds;
                busy[Wait][rank] += begin - start;
                Note(Wait, start, begin);
            }
            AddExposed(rank, compute);
        }
    }

    /// <summary>The phases that took time, per step.</summary>
    internal ImmutableArray<PhaseTime> PhaseTimes() =>
    [
        .. Phases.Index().Where(p => busy[p.Index].ContainsAnyExcept(0))
            .Select(p => new PhaseTime(p.Item, Mean(busy[p.Index]), MostSeconds(p.Index), Mean(exposed[p.Index]))),
    ];

    /// <summary>The time of a phase on the rank where it is longest, per step.</summary>
    internal double MostSeconds(string phase) => MostSeconds(Array.IndexOf(Phases, phase));

    /// <summary>The streams that did anything: transfer of bytes or computation, without waiting.</summary>
    internal IEnumerable<ResourceUse> StreamUse()
    {
        foreach (var kind in Enum.GetValues<StreamKind>())
        {
            var row = streams[(int)kind];
            if (!row.ContainsAnyExcept(0))
                continue;
            var most = ranks.MaxBy(rank => row[rank]);
            yield return new ResourceUse(NameOf(kind), Mean(row) / StepSeconds, row[most] * 1e-12 / Seconds, $"rank {most}");
        }
    }

    /// <summary>A stream, for people.</summary>
    internal static string NameOf(StreamKind kind) => kind switch
    {
        StreamKind.Compute => "compute",
        StreamKind.Communication => "communication",
        StreamKind.IntraNode => "intra-node",
        StreamKind.InterNode => "inter-node",
        _ => "copy",
    };

    private void Note(int phase, long begin, long end)
    {
        if (begin == end)
            return;
        var place = Array.IndexOf(Order, phase);
        times.AddRange([begin, end]);
        changes.AddRange([place, ~place]);
    }

    /// <summary>Goes from instant to instant at which something begins or ends, and gives the time between to one phase.</summary>
    private void AddExposed(int rank, ComputeSpans compute)
    {
        var at = CollectionsMarshal.AsSpan(times);
        var change = CollectionsMarshal.AsSpan(changes);
        at.Sort(change);
        Span<int> underWay = stackalloc int[Order.Length];
        for (var i = 0; i < at.Length; i++)
        {
            var first = underWay.IndexOfAnyExcept(0);
            if (first >= 0 && at[i] > at[i - 1])
            {
                var (time, alone) = (at[i] - at[i - 1], at[i] - at[i - 1] - compute.Within(at[i - 1], at[i]));
                exposed[Order[first]][rank] += alone;
                if (first < TokenExchanges)
                {
                    exchange[rank] += time;
                    exposedExchange[rank] += alone;
                }
            }
            underWay[change[i] < 0 ? ~change[i] : change[i]] += change[i] < 0 ? -1 : 1;
        }
    }

    private double MostSeconds(int phase) => ranks.Max(rank => busy[phase][rank]) * 1e-12 / steps.Count;

    private double Mean(long[] row) => ranks.Sum(rank => row[rank]) * 1e-12 / ranks.Length / steps.Count;
}
