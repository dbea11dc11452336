using MoEPlace.Simulation.Kernel;
using MoEPlace.Simulation.Network;
using Xunit;

namespace MoEPlace.Simulation.Tests.Network;

/// <summary>By hand: host links of 1,000 and storage of 600 bytes a microsecond.</summary>
public sealed class TransferTests
{
    private const long Microsecond = 1_000_000;
    private static readonly Fabric Memories = new(HostLink: new Link(1e9, 2_000, "test"), StorageLink: new Link(0.6e9, 10_000, "test"));

    [Fact]
    public void Flows_of_one_two_and_three_parts_share_a_link_as_processor_sharing_says()
    {
        // 200 bytes a microsecond each until 600 have passed for each, then 300 each for 600 more, then the last 600 alone.
        var ends = Run(NetworkCases.ClusterOf(1, 4, Memories), [
            (0, new StartTransfer(0, 0, 600, MemoryTier.Storage, MemoryTier.Host)),
            (0, new StartTransfer(1, 1, 1_200, MemoryTier.Storage, MemoryTier.Host)),
            (0, new StartTransfer(2, 2, 1_800, MemoryTier.Storage, MemoryTier.Host))]);
        Assert.Equal([13 * Microsecond, 15 * Microsecond, 16 * Microsecond], ends);
    }

    [Fact]
    public void One_that_comes_later_slows_the_others_from_then_on()
    {
        // 600 a microsecond for 1, then 300 each: the first has 600 left for 2, then the second goes on alone with its last 1,200.
        var ends = Run(NetworkCases.ClusterOf(1, 4, Memories), [
            (0, new StartTransfer(0, 0, 1_200, MemoryTier.Host, MemoryTier.Storage)),
            (Microsecond, new StartTransfer(1, 3, 1_800, MemoryTier.Host, MemoryTier.Storage))]);
        Assert.Equal([13 * Microsecond, 15 * Microsecond], ends);
    }

    [Fact]
    public void A_way_over_both_links_pays_both_start_ups_and_goes_at_the_slower()
    {
        var slow = Memories with { LinkChanges = [new LinkChange(PortKind.HostLink, 1, null, null, 0.25, 500)] };
        var ends = Run(NetworkCases.ClusterOf(1, 2, slow), [
            (0, new StartTransfer(0, 1, 1_000, MemoryTier.Storage, MemoryTier.Device)),
            (100 * Microsecond, new StartTransfer(1, 0, 1_200, MemoryTier.Storage, MemoryTier.Device)),
            (200 * Microsecond, new StartTransfer(2, 0, 1_000, MemoryTier.Device, MemoryTier.Host)),
            (300 * Microsecond, new StartTransfer(3, 0, 1_000, MemoryTier.Device, MemoryTier.Device))]);
        Assert.Equal([16_500_000, 114 * Microsecond, 203 * Microsecond, 300 * Microsecond], ends);
    }

    [Fact]
    public void A_way_that_the_cluster_lacks_is_told()
    {
        var fault = Assert.Throws<ActorException>(
            () => Run(NetworkCases.ClusterOf(1, 2), [(0, new StartTransfer(0, 0, 1, MemoryTier.Host, MemoryTier.Device))]));
        Assert.Contains("hostLink", fault.Message, StringComparison.Ordinal);
    }

    private static long[] Run(Cluster cluster, (long At, StartTransfer Transfer)[] transfers)
    {
        var system = new ActorSystem();
        var network = system.ActorOf(new Props("network", () => new FlowNetwork(cluster, [])));
        var ends = new long[transfers.Length];
        var starter = system.ActorOf(new Props("starter", () => new Starter(network, ends)));
        foreach (var (at, transfer) in transfers)
            system.Tell(starter, transfer, new SimTime(at));
        system.Run(cancellation: TestContext.Current.CancellationToken);
        return ends;
    }

    private sealed class Starter(ActorRef network, long[] ends) : Actor
    {
        protected override void Receive(object message, ActorRef sender)
        {
            if (message is TransferDone done)
                ends[done.Transfer] = Now.Picoseconds;
            else
                Tell(network, message, SimTime.Zero);
        }
    }
}
