using MoEPlace.Simulation;
using MoEPlace.Simulation.Kernel;
using MoEPlace.Simulation.Network;

namespace MoEPlace.Benchmarks;

/// <summary>Ranks that join an exchange again as soon as it is done for all of them.</summary>
internal static class AllToAllRun
{
    /// <summary>Runs an exchange a number of times; the instants at which it was done for all.</summary>
    internal static List<SimTime> Run(Cluster cluster, Exchange exchange, int times)
    {
        var system = new ActorSystem();
        var network = system.ActorOf(new Props("network", () => new FlowNetwork(cluster, [exchange])));
        var ranks = new Ranks(network, cluster.Ranks, times);
        system.Tell(system.ActorOf(new Props("ranks", () => ranks)), new ExchangeDone(0), SimTime.Zero);
        system.Run();
        return ranks.Ends;
    }

    private sealed class Ranks(ActorRef network, int ranks, int times) : Actor
    {
        private readonly JoinExchange[] joins = [.. Enumerable.Range(0, ranks).Select(rank => new JoinExchange(0, rank))];
        private int left = 1;

        internal List<SimTime> Ends { get; } = [];

        private bool started;

        protected override void Receive(object message, ActorRef sender)
        {
            if (--left > 0)
                return;
            if (started)
                Ends.Add(Now);
            if (Ends.Count == times)
                return;
            (started, left) = (true, ranks);
            foreach (var join in joins)
                Tell(network, join, SimTime.Zero);
        }
    }
}
