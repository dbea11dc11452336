using MoEPlace.Executor.Ranks;
using MoEPlace.Torch;
using Xunit;

namespace MoEPlace.Executor.Tests.Ranks;

public sealed class RendezvousTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(0.3);

    [Fact]
    public void Ranks_that_do_not_join_are_named()
    {
        using var store = Rendezvous.Serve("127.0.0.1", 0, "--port");
        var told = new string?[2];
        Parallel.For(0, 2, rank => told[rank] = Assert.Throws<RankLossException>(() => Join(rank, 4, store.Port)).Message);
        // The other of the two that came may have been a little late.
        Assert.All(told, text => Assert.Matches(@"^rank (\d, )?2, 3 did not join within 0.3 s$", text));
    }

    [Fact]
    public void A_store_that_nobody_serves_is_named()
    {
        int port;
        using (var store = Rendezvous.Serve("127.0.0.1", 0, "--port"))
            port = store.Port;
        var thrown = Assert.Throws<RankLossException>(() => Join(1, 2, port));
        Assert.StartsWith($"nobody served the rendezvous at 127.0.0.1:{port} within 0.3 s", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_of_one_number_are_told()
    {
        using var store = Rendezvous.Serve("127.0.0.1", 0, "--port");
        Assert.Throws<RankLossException>(() => Join(0, 2, store.Port));
        Assert.Contains("two processes are RANK=0", Assert.Throws<RankLossException>(() => Join(0, 2, store.Port)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_in_use_is_told_with_host_and_port()
    {
        using var store = Rendezvous.Serve("127.0.0.1", 0, "--port");
        var thrown = Assert.Throws<InputException>(() => Rendezvous.Serve("127.0.0.1", store.Port, "--port"));
        Assert.StartsWith($"rendezvous: --port = {store.Port}; allowed: a port that is free", thrown.Message, StringComparison.Ordinal);
        thrown = Assert.Throws<InputException>(() => Rendezvous.Join(
            new RankEnvironment(0, 2, 0, 2, "127.0.0.1", store.Port, true, 0), TorchDevice.Cpu, Short, TestContext.Current.CancellationToken));
        Assert.StartsWith($"rendezvous: MASTER_PORT = {store.Port}", thrown.Message, StringComparison.Ordinal);
    }

    private static void Join(int rank, int size, int port) =>
        Rendezvous.Join(new RankEnvironment(rank, size, rank, size, "127.0.0.1", port, false, 0), TorchDevice.Cpu, Short).Dispose();
}
