using MoEPlace.Executor.Ranks;
using MoEPlace.Torch;
using Xunit;

namespace MoEPlace.Executor.Tests.Ranks;

/// <summary>Both kinds of groups do the same.</summary>
public sealed class RankGroupTests
{
    private const int Ranks = 4;

    public static TheoryData<bool> Kinds => [true, false];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Rows_arrive_where_they_were_sent(bool processes) => OnRanks(processes, group =>
    {
        // Rank s sends max(0, s + r - 2) rows to rank r, each of (s, r): some pairs exchange nothing.
        static long Rows(int from, int to) => Math.Max(0, from + to - 2);
        long[] sent = [.. Enumerable.Range(0, Ranks).Select(r => Rows(group.Rank, r))];
        var received = group.AllToAll(sent, 1);
        Assert.Equal(Enumerable.Range(0, Ranks).Select(s => Rows(s, group.Rank)), received);
        var values = Enumerable.Range(0, Ranks).SelectMany(r => Enumerable.Repeat(new float[] { group.Rank, r }, (int)sent[r]))
            .SelectMany(row => row);
        var arrived = group.AllToAll(torch.tensor<float>([.. values], [sent.Sum(), 2]), sent, received);
        var expected = Enumerable.Range(0, Ranks).SelectMany(s => Enumerable.Repeat(new float[] { s, group.Rank }, (int)received[s]));
        Assert.Equal(expected.SelectMany(row => row), arrived.ToArray<float>());
        return 0;
    });

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Numbers_are_exchanged_in_groups(bool processes) => OnRanks(processes, group =>
    {
        long[] mine = [.. Enumerable.Range(0, Ranks).SelectMany(r => new long[] { 100 * group.Rank + r, -group.Rank })];
        var got = group.AllToAll(mine, 2);
        Assert.Equal(Enumerable.Range(0, Ranks).SelectMany(s => new long[] { 100 * s + group.Rank, -s }), got);
        return 0;
    });

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Rows_of_all_ranks_are_gathered_in_their_order(bool processes) => OnRanks(processes, group =>
    {
        long[] counts = [2, 0, 3, 1];
        var rows = torch.full([counts[group.Rank], 2], group.Rank, ScalarType.Int64);
        Assert.Equal([0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 3, 3], group.AllGather(rows, counts).ToArray<long>());
        var none = torch.empty([0, 5]);
        Assert.Equal([0, 5], group.AllGather(none, new long[Ranks]).shape);
        return 0;
    });

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_sum_has_the_same_bits_on_every_rank(bool processes)
    {
        var sums = OnRanks(processes, group =>
        {
            var stream = new SeedStream(3, "sums", group.Rank);
            var values = new float[1001];
            foreach (ref var value in values.AsSpan())
                value = (float)(stream.NextDouble() - 0.5) * MathF.Pow(10, stream.Next(8));
            var tensor = torch.tensor<float>(values);
            group.AllReduce(tensor);
            return tensor.ToArray<float>();
        });
        Assert.All(sums, sum => Assert.Equal(sums[0], sum));
        Assert.Contains(sums[0], value => value != 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_rank_alone_needs_nobody(bool processes)
    {
        float[] Alone(IRankGroup group)
        {
            var rows = torch.ones([3, 2]);
            Assert.Equal([3], group.AllToAll([3], 1));
            group.AllReduce(rows);
            group.Barrier();
            return [.. group.AllToAll(rows, [3], [3]).ToArray<float>(), .. group.AllGather(rows, [3]).ToArray<float>()];
        }
        var all = processes ? ProcessRankThreads.Run(1, Alone) : VirtualRanks.Run(1, Alone);
        Assert.Equal(Enumerable.Repeat(1f, 12), all[0]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_a_thread_exchanges_on_a_channel_and_what_another_exchanges_on_the_group_do_not_mix(bool processes) => OnRanks(processes, group =>
    {
        using var channel = group.OpenChannel();
        Assert.Equal((group.Rank, Ranks), (channel.Rank, channel.Size));
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            using var scope = torch.NewDisposeScope();
            failure = Record.Exception(() => Rounds(channel, 150, 7));
        });
        thread.Start();
        Rounds(group, 100, -3);
        thread.Join();
        Assert.Null(failure);
        return 0;

        static void Rounds(IRankGroup on, int rounds, int factor)
        {
            long[] one = [1, 1, 1, 1];
            for (var round = 0; round < rounds; round++)
            {
                long[] mine = [.. Enumerable.Range(0, Ranks).Select(to => (long)factor * (100 * round + 10 * on.Rank + to))];
                long[] theirs = [.. Enumerable.Range(0, Ranks).Select(from => (long)factor * (100 * round + 10 * from + on.Rank))];
                Assert.Equal(theirs, on.AllToAll(mine, 1));
                Assert.Equal(theirs, on.AllToAll(torch.tensor<long>(mine), one, one).ToArray<long>());
            }
        }
    });

    [Fact]
    public void A_virtual_rank_that_fails_ends_those_who_wait_on_a_channel()
    {
        var thrown = Assert.Throws<InvalidDataException>(() => VirtualRanks.Run(Ranks, group =>
        {
            var channel = group.OpenChannel();
            if (group.Rank == 3)
                throw new InvalidDataException("spoiled");
            channel.Barrier();
            return 0;
        }));
        Assert.Equal("spoiled", thrown.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void The_first_virtual_rank_that_fails_ends_the_others(int failing)
    {
        var thrown = Assert.Throws<InvalidDataException>(() => VirtualRanks.Run<int>(Ranks, group =>
        {
            for (var round = 0; ; round++)
            {
                if (round == 5 && group.Rank == failing)
                    throw new InvalidDataException("spoiled");
                group.Barrier();
            }
        }));
        Assert.Equal("spoiled", thrown.Message);
    }

    [Fact]
    public void A_virtual_rank_that_ends_early_is_told_to_those_who_wait()
    {
        var thrown = Assert.Throws<RankLossException>(() => VirtualRanks.Run(Ranks, group =>
        {
            if (group.Rank != 1)
                group.Barrier();
            return 0;
        }));
        Assert.Equal("rank 1 has ended", thrown.Message);
    }

    [Fact]
    public void Many_rounds_keep_their_order()
    {
        var sums = VirtualRanks.Run(Ranks, group =>
        {
            long sum = 0;
            for (var round = 0; round < 2000; round++)
                sum += group.AllToAll([.. Enumerable.Repeat(round + group.Rank, Ranks).Select(v => (long)v)], 1).Sum() - (4L * round + 6);
            return sum;
        });
        Assert.All(sums, sum => Assert.Equal(0, sum));
    }

    private static T[] OnRanks<T>(bool processes, Func<IRankGroup, T> work) => processes
        ? ProcessRankThreads.Run(Ranks, work)
        : VirtualRanks.Run(Ranks, group =>
        {
            using var scope = torch.NewDisposeScope();
            return work(group);
        });
}
