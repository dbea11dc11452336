using MoEPlace.Simulation.Kernel;
using MoEPlace.Simulation.Network;
using Xunit;

namespace MoEPlace.Simulation.Tests.Network;

/// <summary>Runs exchanges that all ranks join at given instants, and notes when each rank was told.</summary>
internal sealed class NetworkRun
{
    private readonly Dictionary<(int Exchange, int Rank), SimTime> done = [];

    private NetworkRun(FlowNetwork network) => Network = network;

    internal FlowNetwork Network { get; }

    internal SimTime this[int exchange, int rank] => done[(exchange, rank)];

    internal SimTime EndOf(int exchange) => done.Where(d => d.Key.Exchange == exchange).Max(d => d.Value);

    internal static NetworkRun Of(Cluster cluster, params (SimTime Begin, Exchange Exchange)[] exchanges)
    {
        var run = new NetworkRun(new FlowNetwork(cluster, [.. exchanges.Select(e => e.Exchange)], recordSpans: true));
        var system = new ActorSystem();
        var network = system.ActorOf(new Props("network", () => run.Network));
        for (var rank = 0; rank < cluster.Ranks; rank++)
        {
            var own = rank;
            var actor = system.ActorOf(new Props($"rank {rank}", () => new Rank(network, own, run.done)));
            foreach (var (i, (begin, _)) in exchanges.Index())
                system.Tell(actor, new JoinExchange(i, rank), begin);
        }
        system.Run(cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(exchanges.Length * cluster.Ranks, run.done.Count);
        return run;
    }

    internal static SimTime TimeOf(Cluster cluster, ExchangeTraffic traffic, Transport? transport = null) =>
        Of(cluster, (SimTime.Zero, new Exchange("test", traffic, transport ?? Transport.Ideal(cluster)))).EndOf(0);

    private sealed class Rank(ActorRef network, int rank, Dictionary<(int Exchange, int Rank), SimTime> done) : Actor
    {
        protected override void Receive(object message, ActorRef sender)
        {
            if (message is ExchangeDone answer)
                done.Add((answer.Exchange, rank), Now);
            else
                Tell(network, message, SimTime.Zero);
        }
    }
}
