using System.Collections.Immutable;
using MoEPlace.Evaluation;
using MoEPlace.Simulation.Network;
using MoEPlace.Simulation.Schedules;
using MoEPlace.Simulation.Streams;
using MoEPlace.Simulation.Tests.Network;
using MoEPlace.Simulation.Tests.Work;
using MoEPlace.Simulation.Work;
using Xunit;

namespace MoEPlace.Simulation.Tests.Schedules;

/// <summary>Orders of issue by hand: one MoE layer, one dense one before it.</summary>
public sealed class CompositionTests
{
    private static readonly string[] Compute = [StepPhase.Attention, StepPhase.Dense, StepPhase.Experts, StepPhase.Shared];

    [Fact]
    public void A_sequential_layer_is_issued_in_the_order_of_the_step_model()
    {
        var program = Compose(new Schedule());
        Assert.Equal(
            ["attention", "dense", "attention 0", "dispatch 0", "experts 0", "combine 0", "shared 0"], program.Operations.Select(o => o.Name));
        Assert.All(program.Operations, o => Assert.Equal(
            Compute.Contains(o.Phase) ? StreamKind.Compute : StreamKind.Communication, o.Stream));
    }

    [Fact]
    public void Shared_experts_beside_the_dispatch_are_issued_before_the_experts_and_nothing_waits_for_them()
    {
        var program = Compose(new Schedule { SharedExpertsBesideDispatch = true });
        Assert.Equal(
            ["attention", "dense", "attention 0", "shared 0", "dispatch 0", "experts 0", "combine 0"], program.Operations.Select(o => o.Name));
        Assert.Equal([2], program.Operations[4].After);
    }

    [Fact]
    public void Two_micro_batches_alternate_on_both_streams()
    {
        var program = Compose(new Schedule { MicroBatches = 2, SharedExpertsBesideDispatch = true });
        Assert.Equal(
            ["attention", "dense", "attention 0", "shared 0", "attention", "dense", "attention 0", "shared 0", "experts 0", "experts 0"],
            Names(program, StreamKind.Compute));
        Assert.Equal(["dispatch 0", "dispatch 0", "combine 0", "combine 0"], Names(program, StreamKind.Communication));
    }

    [Fact]
    public void A_pipeline_dispatches_all_parts_before_it_combines_any()
    {
        var program = Compose(new Schedule { PipelineDegree = 3 });
        Assert.Equal(
            [("dispatch", 0), ("dispatch", 1), ("dispatch", 2), ("combine", 0), ("combine", 1), ("combine", 2)],
            program.Operations.Where(o => o.Stream == StreamKind.Communication).Select(o => (o.Phase, o.Part)));
        Assert.Equal(1, program.Operations.Count(o => o.Name == "attention 0"));
    }

    [Fact]
    public void Each_tier_has_its_stream_where_schedules_ask_for_it()
    {
        var program = Compose(new Schedule { AllToAll = AllToAllAlgorithm.Hierarchical, SeparateNodeStreams = true, PipelineDegree = 2 });
        Assert.Equal(4, Names(program, StreamKind.IntraNode).Length);
        Assert.Equal(4, Names(program, StreamKind.InterNode).Length);
        Assert.Empty(Names(program, StreamKind.Communication));
    }

    [Fact]
    public void A_backward_pass_mirrors_the_forward_one()
    {
        var program = Compose(new Schedule { Backward = true });
        string[] mirrored = ["shared 0", "combine 0", "experts 0", "dispatch 0", "attention 0", "dense", "attention", "gradient"];
        Assert.Equal(mirrored, program.Operations.Skip(7).Select(o => o.Name));
        foreach (var (forward, backward) in program.Operations.Take(7).Zip(program.Operations.Skip(7).Take(7).Reverse()))
        {
            if (forward.Kind == OperationKind.Kernel)
                Assert.Equal(2 * program.Durations(forward)[0], program.Durations(backward)[0]);
            else
                Assert.Equal(program.Exchanges[forward.Index].Traffic.InterNodeIn, program.Exchanges[backward.Index].Traffic.InterNodeOut);
        }
    }

    [Fact]
    public void An_all_reduce_sends_twice_what_each_rank_holds_less_its_share_and_loads_all_adapters_alike()
    {
        var cluster = NetworkCases.ClusterOf(2, 4);
        var traffic = TrafficShapes.AllReduce(8_000, cluster, new bool[8], pairRanks: 128);
        for (var rank = 0; rank < 8; rank++)
        {
            Assert.Equal(2 * 8_000 * 7 / 8, traffic.IntraNodeOut[rank] + traffic.InterNodeOut[rank]);
            Assert.Equal(2 * 8_000 * 7 / 8 / 4, traffic.InterNodeOut[rank]);
            Assert.Equal(traffic.InterNodeOut[rank], traffic.InterNodeIn[rank]);
        }
        var ports = TrafficShapes.AllReduce(8_000, cluster, new bool[8], pairRanks: 0);
        Assert.Equal(traffic.IntraNodeIn, ports.IntraNodeIn);
        Assert.Equal((1, 1), (traffic.MostPeers, ports.MostPeers));
    }

    private static string[] Names(StepProgram program, StreamKind stream) =>
        [.. program.Operations.Where(o => o.Stream == stream).Select(o => o.Name)];

    private static StepProgram Compose(Schedule schedule)
    {
        using var drawn = Drawn();
        var cluster = drawn.Cluster;
        var setting = new StepSetting(cluster, drawn.Placement, drawn.Slice, schedule)
        {
            Phase = schedule.Backward ? ServingPhase.Prefill : ServingPhase.Decode,
        };
        var (ranks, perNode) = (cluster.Ranks, cluster.RanksPerNode);
        ImmutableArray<ExchangeTraffic> phases = schedule.AllToAll == AllToAllAlgorithm.Hierarchical
            ? [Traffic((from, to) => from / perNode == to / perNode), Traffic((from, to) => from / perNode != to / perNode)]
            : [Traffic((_, _) => true)];
        var work = new StepWork(ranks, [.. Enumerable.Repeat(3, 2 * ranks)], [.. Enumerable.Range(0, ranks + 1)], [.. Enumerable.Repeat(5, ranks)], [phases], [phases]);
        var count = schedule.MicroBatches * schedule.PipelineDegree;
        return StepComposition.Compose(setting, new StepParts(schedule.MicroBatches, schedule.PipelineDegree, [.. Enumerable.Repeat(work, count)]));

        ExchangeTraffic Traffic(Func<int, int, bool> travels) => ExchangeTraffic.OfPairs(
            ranks, perNode, [.. Enumerable.Range(0, ranks * ranks).Select(i => travels(i / ranks, i % ranks) ? 1L + i : 0)]);
    }

    /// <summary>The first case of one MoE layer with one dense layer before it, on several nodes of several ranks.</summary>
    private static WorkCase Drawn()
    {
        for (var seed = 0; ; seed++)
        {
            var drawn = new WorkCase(seed, plain: true);
            if (drawn.Model is { Layers: 1, HiddenLayers: 2 } && drawn.Model.MoeLayerIds[0] == 1 && drawn.Cluster is { Nodes: > 1, RanksPerNode: > 1 })
                return drawn;
            drawn.Dispose();
        }
    }
}
