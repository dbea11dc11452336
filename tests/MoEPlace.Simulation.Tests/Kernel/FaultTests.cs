using MoEPlace.Simulation.Kernel;
using Xunit;

namespace MoEPlace.Simulation.Tests.Kernel;

public sealed class FaultTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<int> Threads => [1, 2, 3];

    [Theory]
    [MemberData(nameof(Threads))]
    public void Another_partition_is_told_no_earlier_than_the_lookahead(int threads)
    {
        var system = Pair((self, other) => self.Say(other, 4), (_, _) => { });
        system.Connect(0, 1, new SimTime(5));
        var fault = Assert.Throws<ActorException>(() => system.Run(threads, Cancellation));
        Assert.Equal(
            "actor a at 7 ps: a of partition 0 tells b of partition 1 after 4 ps, "
            + "earlier than the lookahead of 5 ps between the partitions",
            fault.Message);
        Assert.IsType<InvalidOperationException>(fault.InnerException);
    }

    [Theory]
    [MemberData(nameof(Threads))]
    public void Another_partition_is_told_only_over_a_connection(int threads)
    {
        var system = Pair((self, other) => self.Say(other, 400), (_, _) => { });
        var fault = Assert.Throws<ActorException>(() => system.Run(threads, Cancellation));
        Assert.Equal("actor a at 7 ps: a of partition 0 tells b of partition 1, but the partitions are not connected", fault.Message);
    }

    [Theory]
    [MemberData(nameof(Threads))]
    public void The_first_of_two_actors_that_throw_is_named(int threads)
    {
        var system = Pair((_, _) => throw new InvalidDataException("late"), (_, _) => throw new InvalidDataException("early"), later: 3);
        var fault = Assert.Throws<ActorException>(() => system.Run(threads, Cancellation));
        Assert.Equal(("actor b at 4 ps: early", "b", new SimTime(4)), (fault.Message, fault.Actor, fault.Time));
        Assert.Throws<InvalidOperationException>(() => system.Run(threads, Cancellation));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MaxValue - 7)]
    [InlineData(long.MaxValue)]
    public void A_delay_is_neither_negative_nor_past_the_end_of_the_clock(long delay)
    {
        var system = Pair((self, _) => self.Say(new ActorRef(0), delay), (_, _) => { });
        Assert.IsType<ArgumentOutOfRangeException>(Assert.Throws<ActorException>(() => system.Run(1, Cancellation)).InnerException);
    }

    [Fact]
    public void A_message_goes_to_an_actor_that_exists()
    {
        var system = Pair((self, _) => self.Say(new ActorRef(2), 0), (_, _) => { });
        Assert.Equal("actor a at 7 ps: a tells actor 2 of 2", Assert.Throws<ActorException>(() => system.Run(1, Cancellation)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ActorSystem().Tell(new ActorRef(0), "nobody", SimTime.Zero));
    }

    [Fact]
    public void What_a_model_is_made_of_is_checked()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ActorSystem(new SimulationLimits { Events = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ActorSystem(new SimulationLimits { EventsAtOneInstant = 0 }));
        var system = new ActorSystem();
        var actor = new Doer((_, _) => { }, default);
        system.ActorOf(new Props("one", () => actor));
        Assert.Throws<ArgumentException>(() => system.ActorOf(new Props("twice", () => actor)));
        Assert.Throws<ArgumentOutOfRangeException>(() => system.ActorOf(new Props("nowhere", () => new Doer((_, _) => { }, default), -1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => system.Connect(0, 1, SimTime.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => system.Tell(new ActorRef(0), "early", new SimTime(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => system.Run(0, Cancellation));
        Assert.Throws<InvalidOperationException>(() => actor.Say(new ActorRef(0), 1));
    }

    [Theory]
    [MemberData(nameof(Threads))]
    public void A_model_that_stands_still_is_stopped_and_its_busiest_actors_named(int threads)
    {
        // a tells itself twice as often as b; the rest of the partition is idle, and another partition goes on.
        var system = new ActorSystem(new SimulationLimits { EventsAtOneInstant = 3000 });
        system.Connect(0, 1, new SimTime(1000));
        system.ActorOf(new Props("a", () => new Doer((self, _) => self.Say(new ActorRef(self.Turn % 2 == 0 ? 1 : 0), 0), default)));
        system.ActorOf(new Props("b", () => new Doer((self, _) => self.Say(new ActorRef(0), 0), default)));
        system.ActorOf(new Props("idle", () => new Doer((_, _) => { }, default)));
        system.ActorOf(new Props("other", () => new Doer((self, _) => self.Say(new ActorRef(3), 1), default), 1));
        system.Tell(new ActorRef(0), "go", new SimTime(50));
        system.Tell(new ActorRef(3), "go", SimTime.Zero);
        Assert.Equal(
            "more than 3000 events at the instant of 50 ps; of the last 1501: a 1001, b 500",
            Assert.Throws<StoppedModelException>(() => system.Run(threads, Cancellation)).Message);
    }

    [Theory]
    [MemberData(nameof(Threads))]
    public void Just_as_many_events_as_the_limits_allow_pass(int threads)
    {
        var system = new ActorSystem(new SimulationLimits { Events = 100, EventsAtOneInstant = 100 });
        system.ActorOf(new Props("a", () => new Doer((self, _) => { if (self.Turn < 100) self.Say(new ActorRef(0), 0); }, default)));
        system.ActorOf(new Props("b", () => new Doer((_, _) => { }, default), 1));
        system.Tell(new ActorRef(0), "go", new SimTime(1));
        Assert.Equal((100L, new SimTime(1)), system.Run(threads, Cancellation));
    }

    [Theory]
    [MemberData(nameof(Threads))]
    public void Cancelling_ends_a_run_that_does_not_end_by_itself(int threads)
    {
        using var source = new CancellationTokenSource();
        var system = Pair(
            (self, _) =>
            {
                if (self.Turn == 10_000)
                    source.Cancel();
                self.Say(new ActorRef(0), 1);
            },
            (self, _) => self.Say(new ActorRef(1), 1));
        system.Connect(0, 1, new SimTime(1000));
        Assert.Throws<OperationCanceledException>(() => system.Run(threads, source.Token));
    }

    [Fact]
    public void No_actor_is_at_work_when_a_run_has_failed()
    {
        var (atWork, failed) = (0, false);
        var system = Pair(
            (_, _) =>
            {
                Volatile.Write(ref failed, true);
                throw new InvalidDataException("first");
            },
            (self, _) =>
            {
                Interlocked.Increment(ref atWork);
                // It goes on for long after the other has failed.
                Thread.SpinWait(Volatile.Read(ref failed) ? 200 : 1);
                self.Say(new ActorRef(1), 1);
                Interlocked.Decrement(ref atWork);
            });
        Assert.Throws<ActorException>(() => system.Run(2, Cancellation));
        Assert.Equal(0, Volatile.Read(ref atWork));
    }

    private static ActorSystem Pair(
        Action<Doer, ActorRef> a, Action<Doer, ActorRef> b, long later = 0)
    {
        var system = new ActorSystem();
        Props Made(string name, Action<Doer, ActorRef> act, int other) => new(name, () => new Doer(act, new ActorRef(other)), 1 - other);
        system.ActorOf(Made("a", a, 1));
        system.ActorOf(Made("b", b, 0));
        system.Tell(new ActorRef(0), "go", new SimTime(7));
        system.Tell(new ActorRef(1), "go", new SimTime(7 - later));
        return system;
    }

    /// <summary>Does one thing at every message.</summary>
    private sealed class Doer(Action<Doer, ActorRef> act, ActorRef other) : Actor
    {
        internal long Turn { get; private set; }

        internal void Say(ActorRef target, long after) => Tell(target, "go", new SimTime(after));

        protected override void Receive(object message, ActorRef sender)
        {
            Turn++;
            act(this, other);
        }
    }
}
