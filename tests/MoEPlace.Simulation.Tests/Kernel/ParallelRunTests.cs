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
            var kind = end.StartsWith('(') ? "none" : end.Split(' ')[0] + (end.Contains("instant of", StringComparison.Ordinal) ? " at one instant" : "");
            ends[kind] = ends.GetValueOrDefault(kind) + 1;
        }
        Assert.True(ends.Count == 4 && ends.Values.Min() >= 20, string.Join(", ", ends));
    }

    [Fact]
    public void A_sequential_run_of_one_total_order_agrees_with_a_sorted_list()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var recording = Recording.Read(new MemoryStream(new RandomModel(seed).Run(threads: 1).Recording));
            // Wherever an event has a lesser key than the one before, it can only have been told at that instant.
            foreach (var (before, after) in recording.Events.Zip(recording.Events.Skip(1)))
            {
                Assert.True(before.Time <= after.Time, $"seed {seed}");
                var rising = (before.Time, before.Priority, before.Source.Id, before.Sequence)
                    .CompareTo((after.Time, after.Priority, after.Source.Id, after.Sequence)) < 0;
                Assert.True(rising || after.Source != ActorRef.Nobody, $"seed {seed}");
            }
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
        Assert.Equal($"more than {limit} events, at {limit / 2} ps; most of them: counter 0 {limit / 2}, counter 1 {limit / 2}".Length, messages[0].Length);
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
