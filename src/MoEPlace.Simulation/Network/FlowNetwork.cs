using System.Runtime.InteropServices;
using MoEPlace.Simulation.Kernel;

namespace MoEPlace.Simulation.Network;

/// <summary>
/// The network of a cluster as one actor: it gathers the ranks of each exchange (<see cref="JoinExchange"/>), lets their bytes flow under
/// max-min fairness beside all others under way, and tells every rank when its own are there (<see cref="ExchangeDone"/>). Transfers of one
/// rank between memories flow likewise (<see cref="StartTransfer"/>). Ranks and network belong to one partition.
/// </summary>
public sealed class FlowNetwork : Actor
{
    /// <summary>The most ranks whose pairs are followed one by one; above, an exchange is its sums at the ports.</summary>
    public const int MostRanksByPairs = 128;

    private static readonly object Wake = new();
    private readonly Cluster cluster;
    private readonly IReadOnlyList<Exchange> exchanges;
    private readonly Dictionary<int, FlowBatch> gathering = [];
    private readonly FlowPools pools;
    private readonly LinkTally tally;
    private readonly List<Flow> begun = [];
    private readonly List<EndedFlow> ended = [];
    private long wakesAt = long.MaxValue, leastStartUp = long.MaxValue;

    /// <summary>Makes the network of a cluster.</summary>
    /// <param name="cluster">Checked.</param>
    /// <param name="exchanges">What <see cref="JoinExchange.Exchange"/> counts; each takes place whenever all ranks have joined.</param>
    /// <param name="recordSpans">Whether <see cref="Use"/> tells when links were busy.</param>
    public FlowNetwork(Cluster cluster, IReadOnlyList<Exchange> exchanges, bool recordSpans = false)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(exchanges);
        (this.cluster, this.exchanges) = (cluster, exchanges);
        Links = new NetworkLinks(cluster);
        pools = new FlowPools(Links);
        tally = new LinkTally(Links, recordSpans);
    }

    /// <summary>The links that <see cref="Use"/> counts.</summary>
    public NetworkLinks Links { get; }

    /// <summary>What the links did; after the run.</summary>
    public NetworkUse Use() => tally.Use;

    /// <inheritdoc/>
    protected override void Receive(object message, ActorRef sender)
    {
        WorkOff();
        if (message is JoinExchange join)
            Join(join, sender);
        else if (message is StartTransfer transfer)
            Start(transfer, sender);
        else if (message != Wake)
            throw new InvalidOperationException($"The network was told {message}.");
        WorkOff();
        Sleep();
    }

    private void WorkOff()
    {
        pools.RunTo(Now.Picoseconds, ended);
        foreach (ref readonly var flow in CollectionsMarshal.AsSpan(ended))
            End(flow);
        ended.Clear();
    }

    /// <summary>
    /// Ends are worked off together as long as nobody can be told of them yet: a rank hears no sooner than a start-up after its last byte,
    /// and whoever joins in between has them worked off first.
    /// </summary>
    private void Sleep()
    {
        if (pools.NextEnd is not { } next)
        {
            (leastStartUp, wakesAt) = (long.MaxValue, long.MaxValue);
            return;
        }
        var wake = checked(next + leastStartUp);
        if (wake >= wakesAt && wakesAt > Now.Picoseconds)
            return;
        wakesAt = wake;
        Tell(Self, Wake, new SimTime(wake - Now.Picoseconds));
    }

    private void Join(JoinExchange join, ActorRef sender)
    {
        if ((uint)join.Exchange >= (uint)exchanges.Count || (uint)join.Rank >= (uint)cluster.Ranks)
            throw new InvalidOperationException($"{join}: there are {exchanges.Count} exchanges and {cluster.Ranks} ranks.");
        if (!gathering.TryGetValue(join.Exchange, out var batch))
        {
            var exchange = exchanges[join.Exchange];
            if (exchange.Traffic.Ranks != cluster.Ranks || exchange.Traffic.RanksPerNode != cluster.RanksPerNode)
            {
                throw new InvalidOperationException(
                    $"Exchange {exchange.Name} is among {exchange.Traffic.Ranks} ranks, {exchange.Traffic.RanksPerNode} a node; "
                    + $"the cluster has {cluster.Ranks}, {cluster.RanksPerNode} a node.");
            }
            if (exchange.Traffic.Ranks > MostRanksByPairs)
                exchange = exchange with { Traffic = exchange.Traffic.ToPorts(cluster) };
            gathering.Add(join.Exchange, batch = new FlowBatch(exchange, join.Exchange, cluster.Ranks));
        }
        if (batch.Waiting[join.Rank] != ActorRef.Nobody)
            throw new InvalidOperationException($"Rank {join.Rank} joined exchange {join.Exchange} twice.");
        batch.Waiting[join.Rank] = sender;
        if (++batch.Joined < cluster.Ranks)
            return;
        gathering.Remove(join.Exchange);
        Begin(batch);
    }

    private void Begin(FlowBatch batch)
    {
        var transport = batch.Exchange!.Transport;
        var inflation = (
            cluster.IntraNode.BandwidthBytesPerSecond / transport.IntraNode.BytesPerSecond,
            cluster.InterNode.BandwidthBytesPerSecond / transport.InterNode.BytesPerSecond);
        batch.Begin = Now.Picoseconds;
        leastStartUp = Math.Min(leastStartUp, WireTime.LeastStartUp(transport.IntraNode));
        leastStartUp = Math.Min(leastStartUp, WireTime.LeastStartUp(transport.InterNode));
        ExchangeFlows.List(Links, inflation, batch, begun);
        batch.IntraNode |= transport.StartsEmpty && cluster.RanksPerNode > 1;
        batch.InterNode |= transport.StartsEmpty && cluster.Nodes > 1;
        AddFlows();
        for (var rank = 0; rank < cluster.Ranks; rank++)
            if (batch.IsDone(rank))
                Tell(batch, rank);
    }

    private void Start(StartTransfer transfer, ActorRef sender)
    {
        if ((uint)transfer.Rank >= (uint)cluster.Ranks || transfer.Bytes < 0)
            throw new InvalidOperationException($"{transfer}: there are {cluster.Ranks} ranks, and bytes are 0 or more.");
        Span<int> route = stackalloc int[NetworkLinks.LongestRoute];
        var hops = Links.Route(transfer.Rank, transfer.From, transfer.To, route);
        var batch = new FlowBatch(null, transfer.Transfer, 1) { Begin = Now.Picoseconds };
        batch.Waiting[0] = sender;
        if (hops == 0 || transfer.Bytes == 0)
        {
            Tell(batch, 0);
            return;
        }
        begun.Add(ExchangeFlows.Make(Links, batch, 0, -1, transfer.Bytes, 1, route[..hops]));
        leastStartUp = Math.Min(leastStartUp, batch.AddedPicosecondsOf(0));
        AddFlows();
    }

    private void AddFlows()
    {
        foreach (ref readonly var flow in CollectionsMarshal.AsSpan(begun))
        {
            pools.Add(flow, Now.Picoseconds, ended);
            tally.Begin(flow, Now.Picoseconds);
        }
        begun.Clear();
        pools.Settle();
    }

    private void End(in EndedFlow flow)
    {
        tally.End(flow);
        var batch = flow.Flow.Batch;
        var elapsed = flow.Epoch - batch.Begin + flow.Time;
        if (batch.End(flow.Flow.First, elapsed))
            Tell(batch, batch.RankOf(flow.Flow.First));
        if (batch.End(flow.Flow.Second, elapsed))
            Tell(batch, batch.RankOf(flow.Flow.Second));
    }

    private void Tell(FlowBatch batch, int rank)
    {
        var takes = batch.Exchange is null ? TransferPicoseconds(batch) : ExchangePicoseconds(batch, rank);
        var after = Math.Max(0, checked(batch.Begin + takes) - Now.Picoseconds);
        Tell(batch.Waiting[rank], batch.Answer, new SimTime(after));
    }

    private static long TransferPicoseconds(FlowBatch batch)
    {
        var elapsed = batch.ElapsedOf(0);
        return elapsed == 0 ? 0 : batch.AddedPicosecondsOf(0) + (long)Math.Ceiling(elapsed - FlowPool.Slack(elapsed));
    }

    private long ExchangePicoseconds(FlowBatch batch, int rank)
    {
        var (traffic, transport) = (batch.Exchange!.Traffic, batch.Exchange.Transport);
        long travel = 0;
        if (batch.IntraNode)
            travel = Tier(transport.IntraNode, LinkKind.IntraNodeOut, traffic.IntraNodeOut, LinkKind.IntraNodeIn, traffic.IntraNodeIn);
        if (batch.InterNode)
            travel = Math.Max(travel, Tier(transport.InterNode, LinkKind.NicOut, traffic.InterNodeOut, LinkKind.NicIn, traffic.InterNodeIn));
        return checked(WireTime.Picoseconds(traffic.Local[rank], transport.LocalBytesPerSecond) + travel);

        long Tier(TierTransport tier, LinkKind outward, ReadOnlySpan<long> leaving, LinkKind inward, ReadOnlySpan<long> entering)
        {
            var waiter = batch.Waiter(rank, interNode: outward == LinkKind.NicOut);
            return batch.AddedPicosecondsOf(waiter) + WireTime.TierPicoseconds(
                tier, batch.ElapsedOf(waiter), leaving[rank], tier.BytesPerSecond * Links.Share[Links.LinkOf(outward, rank)],
                entering[rank], tier.BytesPerSecond * Links.Share[Links.LinkOf(inward, rank)]);
        }
    }
}
