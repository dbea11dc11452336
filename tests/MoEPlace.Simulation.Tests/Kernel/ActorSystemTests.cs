using MoEPlace.Simulation.Kernel;
using Xunit;

namespace MoEPlace.Simulation.Tests.Kernel;

public sealed class ActorSystemTests
{
    [Fact]
    public void Messages_arrive_in_the_order_of_time_then_priority()
    {
        var system = new ActorSystem();
        var listener = new Listener();
        var target = system.ActorOf(new Props("listener", () => listener));
        system.Tell(target, "late", new SimTime(2));
        system.Tell(target, "second", new SimTime(1), priority: 1);
        system.Tell(target, "first", new SimTime(1), priority: 0);
        var (events, end) = system.Run(cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(["first", "second", "late"], listener.Heard);
        Assert.Equal((3L, new SimTime(2)), (events, end));
    }

    private sealed class Listener : Actor
    {
        internal List<object> Heard { get; } = [];

        protected override void Receive(object message, ActorRef sender) => Heard.Add(message);
    }
}
