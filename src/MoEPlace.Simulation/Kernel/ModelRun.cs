using System.Runtime.ExceptionServices;

namespace MoEPlace.Simulation.Kernel;

/// <summary>One run of a model: in parallel as far as that goes, then sequentially to the end.</summary>
internal sealed class ModelRun(Model model, EventSink? sink)
{
    private readonly Lane last = new(model, 0);
    private Lane[] lanes = [];

    private long Events => last.Events + lanes.Sum(lane => lane.Events);

    /// <summary>Runs the model from the events that it starts with.</summary>
    /// <returns>Events received and the instant of the last, in picoseconds.</returns>
    internal (long Events, long End) Run(IEnumerable<(EventKey Key, int Target, object Message)> start, int threads)
    {
        var count = Math.Min(threads, model.Partitions.Length);
        lanes = count < 2 ? [] : [.. Enumerable.Range(0, count).Select(i => new Lane(model, i))];
        var logs = Deal();
        foreach (var (key, target, message) in start)
            model.Actors[target].Lane!.Queue.Push(key, target, message);
        if (lanes.Length > 0)
            RunInParallel();

        var fault = FirstFault();
        var end = fault is null ? SimTime.Never.Picoseconds : fault.Place.Time + 1;
        last.Run(end, model.Limits.Events - Events);
        fault = last.Fault is null && last.Queue.NextTime < end ? TooMany() : FirstFault();
        if (sink is not null)
            EventLog.Deliver(logs, fault?.Partition?.Log, sink);
        sink?.End(failed: fault is not null);
        if (fault is not null)
            ExceptionDispatchInfo.Throw(fault.Error);
        return (Events, lanes.Append(last).Max(lane => lane.Now));
    }

    private void RunInParallel()
    {
        var between = model.Lookaheads.Between(model.Partitions.ToDictionary(p => p.Number, p => p.Actors[0].Lane!.Index), lanes.Length);
        new ParallelRun(lanes, between, model.Limits.Events).Run();
        foreach (var lane in lanes.Where(lane => lane.Fault is null))
            last.TakeOver(lane);
        foreach (var actor in model.Actors)
            actor.Lane = last;
    }

    /// <summary>Deals partitions to lanes: neighbours by number together, about as many actors to each lane.</summary>
    private EventLog[] Deal()
    {
        EventLog[] logs = sink is null ? [] : lanes.Length == 0 ? [new EventLog(sink)] : [.. lanes.Select(_ => new EventLog(null))];
        var before = 0L;
        foreach (var partition in model.Partitions)
        {
            var middle = 2 * before + partition.Actors.Count;
            var lane = (int)(middle * lanes.Length / (2 * model.Actors.Length));
            foreach (var actor in partition.Actors)
                actor.Lane = lanes.Length == 0 ? last : lanes[lane];
            partition.Log = sink is null ? null : logs[lane];
            before += partition.Actors.Count;
        }
        return logs;
    }

    private Fault? FirstFault()
    {
        Fault? first = null;
        foreach (var lane in lanes.Append(last))
        {
            if (lane.Fault is { } fault && (first is null || EventKey.Before(fault.Place, first.Place)))
                first = fault;
        }
        return first;
    }

    private Fault TooMany()
    {
        var busiest = Busiest.Of(model.Actors.Select(actor => (actor, actor.Received)));
        var error = new StoppedModelException(
            $"more than {model.Limits.Events} events, at {last.Queue.NextTime} ps; most of them: {busiest}");
        return new Fault(default, null, error);
    }
}
