using MoEPlace.Evaluation;
using MoEPlace.Simulation.Schedules;
using MoEPlace.Simulation.Streams;
using MoEPlace.Simulation.Tests.Work;
using Xunit;

namespace MoEPlace.Simulation.Tests.Schedules;

public sealed class CalibratedStepTests
{
    [Fact]
    public void A_sequential_step_of_uniform_routing_takes_the_sum_of_its_measured_phases()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            using var drawn = new WorkCase(seed, plain: true);
            var random = new SeedStream(seed, "calibrated");
            var cluster = Calibrated(drawn, random);
            var setting = StepLawTests.Setting(drawn, new Schedule(), ServingPhase.Decode) with { Cluster = cluster };
            var (tokens, pairs, copies) = (1 + random.Next(9), 1 + random.Next(9), random.Next(5));
            var (work, _) = StepLawTests.Uniform(setting, tokens, pairs, copies);
            var program = StepComposition.Compose(setting, new StepParts(1, 1, [work]));
            var recording = ProgramRun.Run(program, cluster, cancellation: TestContext.Current.CancellationToken);
            var expected = Expected(setting, tokens, pairs, copies) * 1e12;
            var parts = program.Operations.Length + program.Exchanges.Length;
            Assert.True(
                Math.Abs(recording.End.Picoseconds - expected) <= parts + 1e-9 * expected,
                $"seed {seed}: {recording.End.Picoseconds} ps, the phases add up to {expected}");
        }
    }

    [Fact]
    public void Its_own_time_comes_last_and_is_that_of_the_tokens_on_each_rank()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            using var drawn = new WorkCase(seed, plain: true);
            var cluster = Calibrated(drawn, new SeedStream(seed, "calibrated"));
            cluster = cluster with { Calibration = cluster.Calibration! with { CoresPerNode = null } };
            var schedule = new Schedule { MicroBatches = 2, PipelineDegree = 2 };
            var setting = StepLawTests.Setting(drawn, schedule, ServingPhase.Decode) with { Cluster = cluster };
            var parts = StepSimulation.Count(setting, new Simulation.Work.RoutedTokens(setting.Routing, setting.Phase), 0);
            var program = StepComposition.Compose(setting, parts);
            var own = Assert.Single(program.Operations, o => o.Phase == StepPhase.Step);
            Assert.Equal(program.Operations[^1], own);
            for (var rank = 0; rank < cluster.Ranks; rank++)
            {
                var tokens = parts.ResidentTokens(0, 0)[rank] + parts.ResidentTokens(1, 0)[rank];
                var expected = SimTime.FromSeconds(cluster.Calibration!.Step.Of(tokens, 5)).Picoseconds;
                Assert.True(Math.Abs(program.Durations(own)[rank] - expected) <= 1, $"seed {seed}, rank {rank}");
            }
        }
    }

    [Fact]
    public void What_was_not_measured_is_refused_with_every_reason()
    {
        using var drawn = new WorkCase(3, plain: true);
        var cluster = Calibrated(drawn, new SeedStream(3, "calibrated"));
        var other = cluster with { Calibration = cluster.Calibration! with { Model = "another" } };
        var faults = new InputFaults("test");
        (StepLawTests.Setting(drawn, new Schedule { Residency = Residency.Coherent }, ServingPhase.Prefill) with { Cluster = other }).Check(faults);
        var told = string.Join("\n", faults.ToImmutable().Select(fault => $"{fault.Field}: {fault.Allowed}"));
        Assert.Contains("calibration.model: random, whose routing this is", told, StringComparison.Ordinal);
        Assert.Contains("phase: decode: the cluster has a calibration", told, StringComparison.Ordinal);
        Assert.Contains("schedule.residency: home: the cluster has a calibration", told, StringComparison.Ordinal);
        faults = new InputFaults("test");
        (StepLawTests.Setting(drawn, new Schedule(), ServingPhase.Decode) with { Cluster = cluster }).Check(faults);
        Assert.False(faults.Any);
    }

    private static Cluster Calibrated(WorkCase drawn, SeedStream random)
    {
        return drawn.Cluster with
        {
            Fabric = drawn.Cluster.Nodes > 1 ? new Fabric(NicsPerNode: 1) : null,
            Calibration = new Calibration(
                drawn.Model.Name, "bfloat16", random.Next(2) == 0 ? null : 1 + random.Next(drawn.Cluster.RanksPerNode),
                new TokenTime(Draw(), Draw(), Draw()), new ExpertTime(Draw(), Draw(), Draw()), new TokenTime(Draw(), Draw()), Exchange(),
                Exchange(), ""),
        };

        double Draw() => random.Next(4) == 0 ? 0 : random.NextDouble() * 1e-6;
        ExchangeTime Exchange() => new(Tier(), Tier(), 1e9);
        TierTime Tier() => new(Draw(), 0.1 + 0.9 * random.NextDouble());
    }

    private static double Expected(StepSetting setting, int tokens, int pairs, int copies)
    {
        var (cluster, c) = (setting.Cluster, setting.Cluster.Calibration!);
        var closed = new StepModel(setting.SizedModel, cluster, setting.Conditions);
        var turns = c.CoresPerNode is { } cores ? cluster.RanksPerNode / (double)cores : 1;
        var attention = turns * c.Attention.Of(tokens, setting.ContextTokens);
        // All pairs of a rank are of one expert.
        var layer = attention + Exchange(c.Dispatch) + turns * c.Experts.Of(1, pairs) + Exchange(c.Combine) + closed.SharedExpertSeconds(tokens);
        var seconds = turns * c.Step.Of(tokens, setting.ContextTokens);
        for (var position = 0; position <= setting.SizedModel.Layers; position++)
            seconds += (position < setting.SizedModel.Layers ? layer : 0)
                + closed.DenseLayersAt(position) * (attention + closed.DenseSeconds(tokens));
        return seconds;

        double Exchange(ExchangeTime time)
        {
            double bytes = copies * setting.SizedModel.Dimensions!.HiddenStateBytes, perNode = cluster.RanksPerNode;
            var near = perNode > 1 ? Tier(time.IntraNode, cluster.IntraNode, bytes * (perNode - 1)) : 0;
            var far = cluster.Nodes > 1 ? Tier(time.InterNode, cluster.InterNode, bytes * perNode * (cluster.Ranks - perNode)) : 0;
            return Math.Max(near, far);
        }

        static double Tier(TierTime tier, Link link, double bytes) => tier.StartUpSeconds + bytes / (tier.ShareOfLink * link.BandwidthBytesPerSecond);
    }
}
