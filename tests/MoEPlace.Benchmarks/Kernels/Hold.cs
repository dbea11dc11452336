using System.Diagnostics;
using MoEPlace.Simulation;
using MoEPlace.Simulation.Kernel;

namespace MoEPlace.Benchmarks.Kernels;

/// <summary>The hold model, through the kernel and through a plain loop over PriorityQueue.</summary>
internal static class Hold
{
    internal const int Actors = 1000;
    private const double MeanPicoseconds = 1e9;
    private static readonly object Message = new();

    /// <summary>An exponential time in picoseconds.</summary>
    internal static long Draw(SeedStream random) => (long)(-MeanPicoseconds * Math.Log(1 - random.NextDouble())) + 1;

    /// <summary>The steady part of a run through the kernel.</summary>
    internal static HoldRates InKernel(int pending, long events)
    {
        var (system, meter) = (new ActorSystem(), new Meter(pending, events));
        for (var i = 0; i < Actors; i++)
            system.ActorOf(new Props($"holder {i}", () => new Holder(system.Random("hold", i), meter)));
        var random = new SeedStream(1, "start");
        for (var i = 0; i < pending; i++)
            system.Tell(new ActorRef(i % Actors), Message, new SimTime(Draw(random)));
        system.Run();
        return meter.Rates;
    }

    /// <summary>The same actors run by a loop over PriorityQueue with the same order.</summary>
    internal static HoldRates InPlainLoop(int pending, long events)
    {
        var meter = new Meter(pending, events);
        var queue = new PriorityQueue<(PlainHolder Target, object Message), (long Time, int Priority, int Source, long Sequence)>();
        var holders = Enumerable.Range(0, Actors).Select(i => new PlainHolder(new SeedStream(1, "hold", i), meter, i, queue)).ToArray();
        var random = new SeedStream(1, "start");
        for (var i = 0; i < pending; i++)
            queue.Enqueue((holders[i % Actors], Message), (Draw(random), 0, -1, i));
        while (queue.TryDequeue(out var next, out var key))
            next.Target.Receive(next.Message, key.Time);
        return meter.Rates;
    }

    private sealed class Holder(SeedStream random, Meter meter) : Actor
    {
        protected override void Receive(object message, ActorRef sender)
        {
            if (meter.Goes())
                Tell(Self, message, new SimTime(Draw(random)));
        }
    }

    private sealed class PlainHolder(
        SeedStream random, Meter meter, int id, PriorityQueue<(PlainHolder, object), (long, int, int, long)> queue)
    {
        private long sent;

        internal void Receive(object message, long now)
        {
            if (meter.Goes())
                queue.Enqueue((this, message), (now + Draw(random), 0, id, sent++));
        }
    }

    /// <summary>
    /// Measures from when every message of the start has been received about once to the last event asked for; then the model ends.
    /// </summary>
    private sealed class Meter(int pending, long events)
    {
        private long received;
        private (long Clock, TimeSpan Core, long Bytes) start;

        internal HoldRates Rates { get; private set; } = new(0, 0, 0);

        internal bool Goes()
        {
            received++;
            if (received == pending)
                start = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetAllocatedBytesForCurrentThread());
            if (received == pending + events)
            {
                Rates = new HoldRates(
                    events / Stopwatch.GetElapsedTime(start.Clock).TotalSeconds,
                    events / (Environment.CpuUsage.TotalTime - start.Core).TotalSeconds,
                    (double)(GC.GetAllocatedBytesForCurrentThread() - start.Bytes) / events);
            }
            return received < pending + events;
        }
    }
}
