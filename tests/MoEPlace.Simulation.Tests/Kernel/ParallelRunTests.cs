using MoEPlace.Simulation.Kernel;
using Xunit;

namespace MoEPlace.Simulation.Tests.Kernel;

public sealed class ParallelRunTests
{
    [Fact]
    public void Runs_are_the_same_bytes_at_any_number_of_threads()
    {
        var events = 0L;
        for (var seed = 0; seed < 400; seed++)
        {
            var (oracle, end) = new RandomModel(seed).Run(threads: 1);
            events += Recording.Read(new MemoryStream(oracle)).Events.Length;
            foreach (var threads in (int[])[2, 3])
            {
                var (recording, parallelEnd) = new RandomModel(seed).Run(threads);
                Assert.True(end == parallelEnd, $"seed {seed}, {threads} threads: {end} != {parallelEnd}");
                Assert.True(oracle.AsSpan().SequenceEqual(recording), $"seed {seed}, {threads} threads: other events");
            }
        }
        Assert.True(events > 20_000, $"only {events} events");
    }

    [Fact]
    public void Runs_that_fail_do_so_at_the_same_event_at_any_number_of_threads()
    {
        var ends = new Dictionary<string, int>();
        var limits = new SimulationLimits { EventsAtOneInstant = 12, Events = 150 };
        for (var seed = 0; seed < 400; seed++)
        {
            var (oracle, end) = new RandomModel(seed, limits, failing: seed % 5).Run(threads: 1);
            foreach (var threads in (int[])[2, 4])
            {
                var (recording, parallelEnd) = new RandomModel(seed, limits, failing: seed % 5).Run(threads);
                Assert.True(end == parallelEnd, $"seed {seed}, {threads} threads: {end} != {parallelEnd}");
                Assert.True(oracle.AsSpan().SequenceEqual(recording), $"seed {seed}, {threads} threads: other events");
            }
            var kind = end.StartsWith('(') ? "none"
                : end.Contains("at the instant", StringComparison.Ordinal) ? "stands still" : end.Split(' ')[0];
            ends[kind] = ends.GetValueOrDefault(kind) + 1;
        }
        Assert.True(ends.Count == 4 && ends.Values.Min() >= 20, string.Join(", ", ends));
    }

    [Fact]
    public void A_sequential_run_receives_the_least_of_what_was_told()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var model = new RandomModel(seed);
            var recording = Recording.Read(new MemoryStream(model.Run(threads: 1).Recording));
            var pending = new SortedSet<(SimTime, int, int, uint)>(model.Told[0]);
            for (var i = 0; i < recording.Events.Length; i++)
            {
                var e = recording.Events[i];
                Assert.True(pending.Min == (e.Time, e.Priority, e.Source.Id, e.Sequence), $"seed {seed}, event {i}");
                pending.Remove(pending.Min);
                pending.UnionWith(model.Told[i + 1]);
            }
            Assert.Empty(pending);
        }
    }

    [Fact]
    public void Partitions_that_are_not_connected_run_by_themselves()
    {
        var system = new ActorSystem();
        for (var i = 0; i < 5; i++)
        {
            system.ActorOf(new Props($"counter {i}", () => new Counter(1000 * (i + 1)), i));
            system.Tell(new ActorRef(i), "count", SimTime.Zero);
        }
        Assert.Equal((15_005L, new SimTime(5000)), system.Run(4, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void The_limit_of_events_stops_a_long_parallel_run_at_the_same_event()
    {
        var limit = ParallelRun.SequentialTail + 150_000;
        var messages = new[] { 1, 2 }.Select(threads => Assert.Throws<StoppedModelException>(() =>
        {
            var system = new ActorSystem(new SimulationLimits { Events = limit });
            system.Connect(0, 1, new SimTime(10_000));
            for (var i = 0; i < 2; i++)
            {
                system.ActorOf(new Props($"counter {i}", () => new Counter(int.MaxValue), i));
                system.Tell(new ActorRef(i), "count", new SimTime(i));
            }
            system.Run(threads, TestContext.Current.CancellationToken);
        }).Message).ToArray();
        Assert.Equal(messages[0], messages[1]);
        var half = limit / 2;
        Assert.Equal($"more than {limit} events, at {half} ps; most of them: counter 0 {half + 1}, counter 1 {half - 1}", messages[0]);
    }

    private sealed class Counter(int most) : Actor
    {
        private int counted;

        protected override void Receive(object message, ActorRef sender)
        {
            if (counted++ < most)
                Tell(Self, message, new SimTime(1));
        }
    }
}
