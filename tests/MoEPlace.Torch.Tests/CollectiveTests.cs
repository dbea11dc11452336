using MoEPlace.Torch.Distributed;
using Xunit;

namespace MoEPlace.Torch.Tests;

/// <summary>c10d among four threads, each a rank of its own.</summary>
public sealed class CollectiveTests
{
    private const int Ranks = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Int64)]
    public void Rows_arrive_where_they_were_sent(ScalarType type) => OnRanks((group, rank) =>
    {
        // Rank s sends s + r rows to rank r, each of (s, r); some pairs exchange nothing when shifted.
        static long Rows(int from, int to) => Math.Max(0, from + to - 2);
        long[] sent = [.. Enumerable.Range(0, Ranks).Select(r => Rows(rank, r))], received = [.. Enumerable.Range(0, Ranks).Select(s => Rows(s, rank))];
        var values = Enumerable.Range(0, Ranks).SelectMany(r => Enumerable.Repeat(new float[] { rank, r }, (int)sent[r])).SelectMany(row => row);
        var input = torch.tensor<float>([.. values], [sent.Sum(), 2]).to(type);
        var output = torch.empty([received.Sum(), 2], type);
        group.alltoall_base(output, input, received, sent);
        var expected = Enumerable.Range(0, Ranks).SelectMany(s => Enumerable.Repeat(new float[] { s, rank }, (int)received[s])).SelectMany(row => row);
        Assert.Equal(expected, output.to(ScalarType.Float32).ToArray<float>());
    });

    [Fact]
    public void Nothing_at_all_can_be_exchanged() => OnRanks((group, _) =>
    {
        var none = new long[Ranks];
        group.alltoall_base(torch.empty([0, 3]), torch.empty([0, 3]), none, none);
        group.barrier();
    });

    [Fact]
    public void Sums_and_copies_reach_all() => OnRanks((group, rank) =>
    {
        var sum = torch.full([3], rank + 1);
        group.allreduce(sum);
        Assert.Equal([10, 10, 10], sum.ToArray<float>());
        var copy = torch.full([2], rank);
        group.broadcast(copy, 2);
        Assert.Equal([2, 2], copy.ToArray<float>());
        Tensor[] all = [.. Enumerable.Range(0, Ranks).Select(_ => torch.empty([1]))];
        group.allgather(all, torch.full([1], rank));
        Assert.Equal([0, 1, 2, 3], all.Select(t => (int)t.item()));
    });

    [Fact]
    public void A_store_keeps_what_is_set_and_tells_what_is_not()
    {
        using var store = TcpStore.Serve("127.0.0.1", 0, TimeSpan.FromSeconds(3));
        using var client = TcpStore.Connect("127.0.0.1", store.Port, TimeSpan.FromSeconds(3));
        var value = Enumerable.Range(0, 1000).Select(i => (byte)i).ToArray();
        client.Set("long", value);
        Assert.Equal(value, store.Get("long"));
        Assert.True(store.Has("long"));
        Assert.False(store.Has("other"));
        Assert.Throws<TorchException>(() => client.Get("other"));
        Assert.Throws<TorchException>(() => TcpStore.Serve("127.0.0.1", store.Port, Patience));
    }

    private static void OnRanks(Action<ProcessGroup, int> body)
    {
        using var store = TcpStore.Serve("127.0.0.1", 0, Patience);
        var failures = new Exception?[Ranks];
        Thread[] threads = [.. Enumerable.Range(0, Ranks).Select(rank => new Thread(() =>
        {
            try
            {
                using var scope = torch.NewDisposeScope();
                using var client = TcpStore.Connect("127.0.0.1", store.Port, Patience);
                using var group = new ProcessGroup(client, rank, Ranks, Patience, "127.0.0.1");
                body(group, rank);
                group.barrier();
            }
            catch (Exception e)
            {
                failures[rank] = e;
            }
        }))];
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        Assert.All(failures, Assert.Null);
    }
}
