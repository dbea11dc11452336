using System.Collections.Immutable;
using MoEPlace.Simulation.Kernel;
using MoEPlace.Simulation.Network;
using MoEPlace.Simulation.Streams;
using Xunit;

namespace MoEPlace.Simulation.Tests.Streams;

public sealed class RankActorTests
{
    [Fact]
    public void Agrees_with_the_critical_path_on_random_programs()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new SeedStream(seed, "program");
            var ranks = 1 + random.Next(4);
            var cluster = SmallCluster.Of(ranks, random.Next(3));
            var program = RandomProgram(random, ranks, cluster);
            var expected = CriticalPath.End(program, cluster);
            var recording = Run(program, cluster);
            Assert.True(expected == recording.End.Picoseconds, $"seed {seed}: {expected} ps, not {recording.End.Picoseconds}");
            Assert.Equal(recording.End, Run(program, cluster).End);
        }
    }

    [Fact]
    public void Parts_of_a_layer_overlap_computation_and_exchange()
    {
        // Dispatch, experts and combine of 10 ns each, in two parts: 40 ns instead of 60.
        var builder = new ProgramBuilder(2);
        var cluster = SmallCluster.Of(2);
        var dispatched = Enumerable.Range(0, 2).Select(part => Exchange(builder, cluster, StepPhase.Dispatch, part, 10)).ToArray();
        var computed = dispatched.Index().Select(d => builder.Kernel(StepPhase.Experts, 0, d.Index, [10_000, 10_000], d.Item)).ToArray();
        foreach (var (part, id) in computed.Index())
            Exchange(builder, cluster, StepPhase.Combine, part, 10, id);
        Assert.Equal(40_000, Run(builder.Build(), cluster).End.Picoseconds);
    }

    [Fact]
    public void An_exchange_begins_when_its_last_rank_has_come()
    {
        var builder = new ProgramBuilder(2);
        var cluster = SmallCluster.Of(2);
        var kernel = builder.Kernel(StepPhase.Attention, 0, 0, [1_000, 7_000]);
        var exchange = Exchange(builder, cluster, StepPhase.Dispatch, 0, 3, kernel);
        var recording = Run(builder.Build(), cluster);
        Assert.Equal(
            (new SimTime(1_000), new SimTime(7_000), new SimTime(10_000)),
            (recording.StartOf(exchange, 0), recording.BeginOf(exchange, 0), recording.EndOf(exchange, 0)));
    }

    [Fact]
    public void A_kernel_slows_down_only_while_an_exchange_holds_multiprocessors()
    {
        // A quarter of the multiprocessors is gone for 8 ns: they do 6 ns of the 20, and 14 are left.
        var builder = new ProgramBuilder(2);
        var cluster = SmallCluster.Of(2);
        Exchange(builder, cluster, StepPhase.Dispatch, 0, 8);
        builder.Kernel(StepPhase.Shared, 0, 0, [20_000, 20_000]);
        Assert.Equal(22_000, Run(builder.Build(multiprocessors: 4, communicationSms: 1), cluster).End.Picoseconds);
        Assert.Equal(20_000, Run(builder.Build(multiprocessors: 4), cluster).End.Picoseconds);
        // An exchange that outlasts the kernel: 20 ns of work at three quarters.
        Exchange(builder, cluster, StepPhase.Dispatch, 0, 100);
        var recording = Run(builder.Build(4, 1), cluster);
        Assert.Equal((long)Math.Ceiling(20_000 * 4 / 3.0), recording.EndOf(1, 0).Picoseconds);
    }

    [Fact]
    public void A_transfer_runs_beside_computation_and_exchange()
    {
        var builder = new ProgramBuilder(2);
        var cluster = SmallCluster.Of(2);
        builder.Kernel(StepPhase.Attention, 0, 0, [5_000, 5_000]);
        Exchange(builder, cluster, StepPhase.Dispatch, 0, 4);
        var load = builder.Transfer(StepPhase.Load, 0, 0, new MemoryTransfer([12, 0], MemoryTier.Host, MemoryTier.Device));
        builder.Kernel(StepPhase.Experts, 0, 0, [1_000, 1_000], load);
        var recording = Run(builder.Build(), cluster);
        Assert.Equal((6_000, 7_000), (recording.EndOf(load, 0).Picoseconds, recording.End.Picoseconds));
        Assert.Equal(0, recording.EndOf(load, 1).Picoseconds);
    }

    [Fact]
    public void A_rank_that_hangs_is_named_with_what_waits_for_it()
    {
        var builder = new ProgramBuilder(3);
        var cluster = SmallCluster.Of(3);
        var kernel = builder.Kernel(StepPhase.Attention, 4, 0, [1, SimTime.Never.Picoseconds, 1]);
        Exchange(builder, cluster, StepPhase.Dispatch, 4, 3, kernel);
        var stopped = Assert.Throws<StoppedModelException>(() => Run(builder.Build(), cluster));
        Assert.Contains("attention 4 never ends on rank 1", stopped.Message, StringComparison.Ordinal);
        Assert.Contains("dispatch 4 waits for rank 1", stopped.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_an_operation_that_comes_after_a_later_one_or_is_of_another_shape()
    {
        var builder = new ProgramBuilder(2);
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Kernel(StepPhase.Attention, 0, 0, [1, 1], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Kernel(StepPhase.Attention, 0, 0, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Kernel(StepPhase.Attention, 0, 0, [1, -1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Build(4, 4));
    }

    private static StepRecording Run(StepProgram program, Cluster cluster) =>
        ProgramRun.Run(program, cluster, cancellation: TestContext.Current.CancellationToken);

    // Each rank sends so many bytes in all: as many ns in an exchange without latency.
    private static int Exchange(ProgramBuilder builder, Cluster cluster, string phase, int layer, long bytes, params int[] after) =>
        builder.Exchange(
            StreamKind.Communication, phase, layer, 0, SmallCluster.Uniform(cluster.Ranks, bytes / (cluster.Ranks - 1)),
            Transport.Ideal(cluster), after);

    private static StepProgram RandomProgram(SeedStream random, int ranks, Cluster cluster)
    {
        var builder = new ProgramBuilder(ranks);
        var count = random.Next(25);
        for (var id = 0; id < count; id++)
        {
            int[] after = [.. Enumerable.Range(0, random.Next(3)).Where(_ => id > 0).Select(_ => random.Next(id))];
            var kind = random.Next(5);
            if (kind < 3)
                builder.Kernel(StepPhase.Attention, id, 0, [.. PerRank(() => (long)random.Next(4) * random.Next(9_000))], after);
            else if (kind == 3)
            {
                var traffic = SmallCluster.Uniform(ranks, random.Next(9));
                builder.Exchange(StreamKind.Communication, StepPhase.Dispatch, id, 0, traffic, Transport.Ideal(cluster), after);
            }
            else
            {
                ImmutableArray<long> bytes = [.. PerRank(() => random.Next(20))];
                builder.Transfer(StepPhase.Load, id, 0, new MemoryTransfer(bytes, MemoryTier.Host, MemoryTier.Device), after);
            }
        }
        return builder.Build();

        IEnumerable<long> PerRank(Func<long> draw) => Enumerable.Range(0, ranks).Select(_ => draw());
    }
}
