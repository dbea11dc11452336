using System.Collections.Immutable;
using MoEPlace.Evaluation;
using MoEPlace.Results;
using MoEPlace.Simulation.Devices;
using MoEPlace.Simulation.Network;
using MoEPlace.Simulation.Schedules;
using MoEPlace.Simulation.Streams;
using MoEPlace.Simulation.Tests.Work;
using MoEPlace.Simulation.Work;
using Xunit;

namespace MoEPlace.Simulation.Tests.Schedules;

public sealed class StepLawTests
{
    [Fact]
    public void A_sequential_step_of_uniform_routing_takes_what_the_step_model_says()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            using var drawn = new WorkCase(seed, plain: true);
            var random = new SeedStream(seed, "uniform");
            var cluster = drawn.Cluster with
            {
                Device = drawn.Cluster.Device with { KernelLaunchNanoseconds = random.Next(3) * 1.5 },
                IntraNode = new Link(1e9 * (1 + random.Next(3)), random.Next(2) * 7.3, ""),
                InterNode = new Link(3e8, random.Next(2) * 12.5, ""),
            };
            var setting = Setting(drawn, new Schedule(), ServingPhase.Decode) with { Cluster = cluster };
            var (work, aggregates) = Uniform(setting, tokens: 1 + random.Next(9), pairs: 1 + random.Next(9), copies: random.Next(5));
            var program = StepComposition.Compose(setting, new StepParts(1, 1, [work]));
            var recording = ProgramRun.Run(program, cluster, cancellation: TestContext.Current.CancellationToken);
            var expected = new StepModel(setting.SizedModel, cluster, setting.Conditions).Step(aggregates).TotalSeconds * 1e12;
            // Every kernel, and the start-up and the bytes of every exchange, is rounded up to the picosecond.
            var phases = program.Operations.Length + program.Exchanges.Length;
            Assert.True(
                recording.End.Picoseconds >= expected - 1e-9 * expected && recording.End.Picoseconds <= expected + phases + 1e-9 * expected,
                $"seed {seed}: {recording.End.Picoseconds} ps, the model says {expected}");
        }
    }

    [Fact]
    public void Computation_is_conserved_and_no_step_is_shorter_than_its_busiest_rank_computes()
    {
        ForEveryCase((seed, drawn, schedule) =>
        {
            var setting = Setting(drawn, schedule, drawn.Options.Phase);
            var parts = StepSimulation.Count(setting, new RoutedTokens(setting.Routing, setting.Phase), 0);
            var program = StepComposition.Compose(setting, parts);
            var recording = ProgramRun.Run(program, setting.Cluster, cancellation: TestContext.Current.CancellationToken);
            for (var rank = 0; rank < program.Ranks; rank++)
            {
                long told = 0, recorded = 0;
                foreach (var (id, operation) in program.Operations.Index().Where(o => o.Item.Kind == OperationKind.Kernel))
                {
                    told += program.Durations(operation)[rank];
                    recorded += (recording.EndOf(id, rank) - recording.BeginOf(id, rank)).Picoseconds;
                }
                Assert.True(told == recorded, $"seed {seed}, rank {rank}: {recorded} ps of {told}");
                Assert.True(recording.End.Picoseconds >= told, $"seed {seed}, rank {rank}: the step ends before {told} ps");
            }
        });
    }

    [Fact]
    public void Parts_and_micro_batches_change_no_bytes()
    {
        ForEveryCase((seed, drawn, schedule) =>
        {
            var whole = Run(drawn, schedule with { PipelineDegree = 1, MicroBatches = 1 });
            var cut = Run(drawn, schedule with { PipelineDegree = 3, MicroBatches = 2 });
            string[] measures = [SimulationMeasure.IntraNodeBytes, SimulationMeasure.InterNodeBytes, SimulationMeasure.Imbalance];
            foreach (var measure in measures)
            {
                var (expected, actual) = (whole.Measures[measure], cut.Measures[measure]);
                Assert.True(expected == actual, $"seed {seed}: {measure} {expected}, in parts {actual}");
            }
        });
    }

    [Fact]
    public void Loads_over_time_and_the_mean_use_of_links_tell_the_same_bytes()
    {
        ForEveryCase((seed, drawn, schedule) =>
        {
            foreach (var library in (CollectiveLibrary[])[CollectiveLibrary.Ideal, CollectiveLibrary.Nccl])
            {
                var told = Run(drawn, schedule with { Library = library }, steps: 1);
                foreach (var load in told.LinkShares)
                {
                    var use = told.Resources.Single(r => r.Kind == load.Kind).MeanShare;
                    Assert.True(
                        Math.Abs(load.Shares.Average() - use) <= 1e-6 + 1e-6 * use, $"seed {seed}, {library}, {load.Kind}: {load.Shares.Average()} and {use}");
                }
            }
        });
    }

    [Fact]
    public void A_run_gives_the_same_valid_result_twice()
    {
        ForEveryCase((seed, drawn, schedule) =>
        {
            var (once, again) = (Run(drawn, schedule), Run(drawn, schedule));
            Assert.True(Json(once) == Json(again), $"seed {seed}");
            var faults = new InputFaults($"seed {seed}");
            SimulationCheck.Check(Result(once), faults);
            faults.ThrowIfAny();
            Assert.Equal(SimulationMeasure.All.Order(StringComparer.Ordinal), once.Measures.Keys);
            var (exchange, exposed) = (once.Measures[SimulationMeasure.ExchangeSeconds], once.Measures[SimulationMeasure.ExposedExchangeSeconds]);
            Assert.True(exposed <= exchange * (1 + 1e-9), $"seed {seed}");
        });

        static string Json(SimulatedVariant variant) => System.Text.Json.JsonSerializer.Serialize(variant, StrictJson.Options);
        static SimulationResult Result(SimulatedVariant variant) => new(
            SimulationResult.FormatName, "s", "t", "q", "m", "synthetic", "", "decode", 1, [variant], [], [], []);
    }

    [Fact]
    public void A_backward_pass_sends_every_byte_once_more_and_reduces_the_gradients()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            using var drawn = new WorkCase(seed, plain: true);
            foreach (var parts in (int[])[0, 1, 3])
            {
                var training = Setting(drawn, new Schedule { Backward = true, GradientParts = parts }, ServingPhase.Prefill);
                var cancellation = TestContext.Current.CancellationToken;
                var forward = StepSimulation.Run(training with { Schedule = new Schedule() }, "forward", "", "", cancellation);
                var both = StepSimulation.Run(training, "both", "", "", cancellation);
                var (ranks, perNode) = (drawn.Cluster.Ranks, drawn.Cluster.RanksPerNode);
                var gradient = 2 * new StepModel(training.SizedModel, drawn.Cluster, training.Conditions).ReplicatedParameters;
                var reduced = Bytes(both) - 2 * Bytes(forward);
                Assert.InRange(reduced, 2 * (ranks - 1) * gradient, 2 * (ranks - 1) * gradient + ranks * perNode * Math.Max(1, parts));
                Assert.Equal(ranks > 1, both.Phases.Any(p => p.Phase == StepPhase.Gradient));
            }
        }

        static double Bytes(SimulatedVariant variant) =>
            variant.Measures[SimulationMeasure.IntraNodeBytes] + variant.Measures[SimulationMeasure.InterNodeBytes];
    }

    private static void ForEveryCase(Action<long, WorkCase, Schedule> law)
    {
        for (var seed = 0; seed < 60; seed++)
        {
            using var drawn = new WorkCase(seed);
            var random = new SeedStream(seed, "schedule");
            var coherent = drawn.Trace.HasTopOne && drawn.Options.Phase == ServingPhase.Decode && random.Next(2) == 0;
            var allToAll = (AllToAllAlgorithm)random.Next(3);
            law(seed, drawn, new Schedule
            {
                Residency = coherent ? Residency.Coherent : Residency.Home,
                AllToAll = allToAll,
                Copies = allToAll == AllToAllAlgorithm.NodeDeduplicated ? CopyUnit.Rank : (CopyUnit)random.Next(2),
                DispatchBytesPerElement = 1 + random.Next(2),
                PipelineDegree = 1 + random.Next(3),
                MicroBatches = 1 + random.Next(2),
                SeparateNodeStreams = allToAll == AllToAllAlgorithm.Hierarchical && random.Next(2) == 0,
                SharedExpertsBesideDispatch = !coherent && random.Next(2) == 0,
                ExpertKernel = (ExpertKernelModel)random.Next(2),
            });
        }
    }

    private static SimulatedVariant Run(WorkCase drawn, Schedule schedule, int steps = 2) => StepSimulation.Run(
        Setting(drawn, schedule, drawn.Options.Phase) with { Steps = steps, DrawnRanks = 1 }, "test", "", "random",
        TestContext.Current.CancellationToken);

    internal static StepSetting Setting(WorkCase drawn, Schedule schedule, ServingPhase phase) =>
        new(drawn.Cluster, drawn.Placement, drawn.Slice, schedule)
        {
            Phase = phase,
            TokensPerStep = drawn.Options.TokensPerStep,
            ContextTokens = 5,
            LostRanks = drawn.Options.LostRanks,
        };

    internal static (StepWork Work, StepAggregates Aggregates) Uniform(StepSetting setting, int tokens, int pairs, int copies)
    {
        var (layers, cluster) = (setting.SizedModel.Layers, setting.Cluster);
        var (ranks, bytes) = (cluster.Ranks, setting.SizedModel.Dimensions!.HiddenStateBytes);
        var sent = new long[ranks * ranks];
        for (var i = 0; i < sent.Length; i++)
            sent[i] = i % (ranks + 1) == 0 ? 0 : copies * bytes;
        ImmutableArray<ExchangeTraffic> exchange = [ExchangeTraffic.OfPairs(ranks, cluster.RanksPerNode, sent)];
        var (resident, expertTokens) = (new int[(layers + 1) * ranks], new int[layers * ranks]);
        Array.Fill(resident, tokens);
        Array.Fill(expertTokens, pairs);
        var every = Enumerable.Repeat(exchange, layers).ToArray();
        var work = new StepWork(ranks, resident, [.. Enumerable.Range(0, layers * ranks + 1)], expertTokens, every, every);
        // The model scales from what was counted to the tokens of a step.
        var aggregates = new StepAggregates(layers, ranks) { Tokens = setting.TokensPerStep };
        aggregates.ResidentTokens.AsSpan().Fill(tokens);
        aggregates.ExpertPairs.AsSpan().Fill(pairs);
        aggregates.ActivatedExperts.AsSpan().Fill(1);
        foreach (var direction in (ExchangeCopies[])[aggregates.Dispatch, aggregates.Combine])
        {
            direction.TokenSideIntraNode.AsSpan().Fill(copies * (cluster.RanksPerNode - 1));
            direction.TokenSideInterNode.AsSpan().Fill(copies * (ranks - cluster.RanksPerNode));
        }
        return (work, aggregates);
    }
}
