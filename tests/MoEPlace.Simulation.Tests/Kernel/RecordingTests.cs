using MoEPlace.Simulation.Kernel;
using Xunit;

namespace MoEPlace.Simulation.Tests.Kernel;

public sealed class RecordingTests
{
    [Fact]
    public void Holds_every_message_with_its_place_in_the_order()
    {
        var system = new ActorSystem();
        var a = system.ActorOf(new Props("a", () => new Echo(new ActorRef(1))));
        system.ActorOf(new Props("b", () => new Echo(null)));
        using var bytes = new MemoryStream();
        system.Record(bytes);
        system.Tell(a, 1.5, new SimTime(3), priority: -7);
        system.Tell(a, "text", new SimTime(4));
        system.Run(cancellation: TestContext.Current.CancellationToken);
        bytes.Position = 0;
        var recording = Recording.Read(bytes);
        Assert.Equal(["a", "b"], recording.Actors);
        Assert.Equal(
            [
                new RecordedEvent(new SimTime(3), -7, ActorRef.Nobody, 0, a, "Double"),
                new RecordedEvent(new SimTime(4), 0, ActorRef.Nobody, 1, a, "String"),
                new RecordedEvent(new SimTime(5), 9, a, 0, new ActorRef(1), "Double"),
                new RecordedEvent(new SimTime(6), 9, a, 1, new ActorRef(1), "String"),
            ],
            recording.Events);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_run_of_the_same_model_passes_its_replay(int threads)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var recording = Recording.Read(new MemoryStream(new RandomModel(seed).Run(1).Recording));
            var again = new RandomModel(seed);
            again.System.Replay(recording);
            Assert.Equal(recording.Events.Length, again.System.Run(threads, TestContext.Current.CancellationToken).Events);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_replay_names_the_first_message_that_differs(int threads)
    {
        Assert.Equal(
            "event 2: recorded Double from a (its message 0) to b at 5 ps, priority 9, "
            + "received Double from a (its message 0) to b at 6 ps, priority 9",
            Replayed(recorded: 2, run: 3, count: 1, threads));
        Assert.Equal(
            "event 2: recorded Double from a (its message 0) to b at 5 ps, priority 9, received the end",
            Replayed(2, null, 1, threads));
        Assert.Equal(
            "event 0: recorded Double from nobody (its message 0) to a at 3 ps, priority 0, "
            + "received String from nobody (its message 0) to a at 3 ps, priority 0",
            Replayed(2, 2, "text", threads));
    }

    [Fact]
    public void A_replay_needs_the_same_actors()
    {
        var recording = Recording.Read(new MemoryStream(new RandomModel(1).Run(1).Recording));
        var system = new ActorSystem();
        system.Replay(recording);
        Assert.Throws<ReplayException>(() => system.Run(cancellation: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_recording_that_is_cut_off_or_changed_is_refused_or_other()
    {
        var whole = new RandomModel(3).Run(1).Recording;
        for (var length = 0; length < whole.Length; length++)
            Assert.Throws<InputException>(() => Recording.Read(new MemoryStream(whole, 0, length)));
        for (var i = 0; i < whole.Length; i++)
        {
            var changed = (byte[])whole.Clone();
            changed[i] ^= 0xFF;
            try
            {
                Recording.Read(new MemoryStream(changed));
            }
            catch (InputException)
            {
                // Any other exception fails the test.
            }
        }
    }

    [Fact]
    public void A_draw_more_in_one_subsystem_changes_nothing_in_another()
    {
        var system = new ActorSystem(seed: 5);
        var (one, other) = (system.Random("arrivals"), system.Random("service"));
        one.NextBits();
        one.NextBits();
        Assert.Equal(new SeedStream(5, "service").NextBits(), other.NextBits());
        Assert.NotEqual(system.Random("service", 1).NextBits(), system.Random("service", 2).NextBits());
    }

    private static string Replayed(int recorded, int? run, object count, int threads)
    {
        using var bytes = new MemoryStream();
        var system = Model(recorded, 1.5);
        system.Record(bytes);
        system.Run(1, TestContext.Current.CancellationToken);
        bytes.Position = 0;
        var other = Model(run, count is string ? count : 1.5);
        other.Replay(Recording.Read(bytes));
        return Assert.Throws<ReplayException>(() => other.Run(threads, TestContext.Current.CancellationToken)).Message;
    }

    private static ActorSystem Model(int? delay, object message)
    {
        var system = new ActorSystem();
        system.Connect(0, 1, new SimTime(1));
        system.ActorOf(new Props("a", () => new Echo(delay is null ? null : new ActorRef(1), delay ?? 0)));
        system.ActorOf(new Props("b", () => new Echo(null), 1));
        system.Tell(new ActorRef(0), message, new SimTime(3));
        system.Tell(new ActorRef(1), message, new SimTime(4));
        return system;
    }

    private sealed class Echo(ActorRef? other, long delay = 2) : Actor
    {
        protected override void Receive(object message, ActorRef sender)
        {
            if (other is { } target)
                Tell(target, message, new SimTime(delay), priority: 9);
        }
    }
}
