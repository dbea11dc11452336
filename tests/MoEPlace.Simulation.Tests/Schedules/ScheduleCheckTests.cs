using MoEPlace.Simulation.Devices;
using MoEPlace.Simulation.Schedules;
using MoEPlace.Simulation.Tests.Work;
using Xunit;

namespace MoEPlace.Simulation.Tests.Schedules;

public sealed class ScheduleCheckTests
{
    [Fact]
    public void The_default_and_the_published_schedules_are_allowed()
    {
        Schedule[] published =
        [
            new(),
            // ExFlow, Tutel, DeepSpeed-MoE, FSMoE, DeepEP's decode and prefill.
            new() { Residency = Residency.Coherent, Library = CollectiveLibrary.Nccl },
            new()
            {
                AllToAll = AllToAllAlgorithm.Hierarchical,
                Library = CollectiveLibrary.Nccl,
                PipelineDegree = 4,
                Copies = CopyUnit.Expert,
                CapacityFactor = 1,
                Backward = true,
            },
            new() { AllToAll = AllToAllAlgorithm.Hierarchical, Library = CollectiveLibrary.Nccl },
            new()
            {
                AllToAll = AllToAllAlgorithm.Hierarchical,
                SeparateNodeStreams = true,
                PipelineDegree = 2,
                Backward = true,
                GradientParts = 8,
            },
            new() { Library = CollectiveLibrary.DeepEpLowLatency, Copies = CopyUnit.Expert, DispatchBytesPerElement = 1, MicroBatches = 2 },
            new()
            {
                Library = CollectiveLibrary.DeepEpNormal,
                AllToAll = AllToAllAlgorithm.NodeDeduplicated,
                CommunicationSms = 20,
                MicroBatches = 2,
                SharedExpertsBesideDispatch = true,
            },
        ];
        foreach (var schedule in published)
        {
            var faults = new InputFaults("test");
            schedule.Check(faults);
            faults.ThrowIfAny();
        }
    }

    [Fact]
    public void Tells_every_property_out_of_its_range_at_once()
    {
        var faults = new InputFaults("test");
        var schedule = new Schedule
        {
            Residency = (Residency)9,
            Library = (CollectiveLibrary)9,
            AllToAll = (AllToAllAlgorithm)9,
            Copies = (CopyUnit)9,
            ExpertKernel = (ExpertKernelModel)9,
            CapacityFactor = 0,
            DispatchBytesPerElement = 4,
            CommunicationSms = -1,
            PipelineDegree = 0,
            MicroBatches = 3,
            GradientParts = 2,
        };
        schedule.Check(faults, "schedule.");
        Assert.Equal(11, faults.ToImmutable().Length);
        Assert.All(faults.ToImmutable(), f => Assert.StartsWith("schedule.", f.Field, StringComparison.Ordinal));
    }

    [Fact]
    public void Refuses_combinations_that_mean_nothing()
    {
        Refuses(new() { GradientParts = 1 }, "gradientParts");
        Refuses(new() { SeparateNodeStreams = true }, "separateNodeStreams");
        Refuses(new() { Residency = Residency.Coherent, Backward = true }, "backward");
        Refuses(new() { Residency = Residency.Coherent, CapacityFactor = 1 }, "capacityFactor");
        Refuses(new() { Residency = Residency.Coherent, SharedExpertsBesideDispatch = true }, "sharedExpertsBesideDispatch");
        Refuses(new() { Library = CollectiveLibrary.DeepEpLowLatency, AllToAll = AllToAllAlgorithm.Hierarchical }, "allToAll", "copies");
        Refuses(new() { Library = CollectiveLibrary.DeepEpNormal }, "communicationSms", "allToAll");
        Refuses(new() { AllToAll = AllToAllAlgorithm.NodeDeduplicated, Copies = CopyUnit.Expert }, "copies");
        Refuses(new() { AllToAll = AllToAllAlgorithm.NodeDeduplicated, CapacityFactor = 1 }, "capacityFactor");

        static void Refuses(Schedule schedule, params string[] fields)
        {
            var faults = new InputFaults("test");
            schedule.Check(faults);
            Assert.Equal(fields, faults.ToImmutable().Select(f => f.Field));
        }
    }

    [Fact]
    public void Values_are_told_as_a_file_spells_them()
    {
        var faults = new InputFaults("test");
        new Schedule { Library = CollectiveLibrary.DeepEpLowLatency, AllToAll = AllToAllAlgorithm.NodeDeduplicated }.Check(faults);
        Assert.Equal("node-deduplicated", faults.ToImmutable()[0].Value);
        faults = new InputFaults("test");
        new Schedule { AllToAll = (AllToAllAlgorithm)9 }.Check(faults);
        Assert.Equal("9", faults.ToImmutable()[0].Value);
    }

    [Fact]
    public void A_setting_tells_all_that_does_not_fit_at_once()
    {
        using var drawn = new WorkCase(3, plain: true);
        var setting = new StepSetting(drawn.Cluster, drawn.Placement, drawn.Slice, new Schedule { CommunicationSms = 8, Backward = true })
        {
            TokensPerStep = 0,
            ContextTokens = 0,
            Steps = 0,
            DrawnRanks = drawn.Cluster.Ranks + 1,
            LostRanks = [-1],
        };
        var cancellation = TestContext.Current.CancellationToken;
        var thrown = Assert.Throws<InputException>(() => StepSimulation.Run(setting, "test", "", "", cancellation));
        string[] wrong = ["tokensPerStep", "contextTokens", "steps", "drawnRanks", "lostRanks[0]", "phase", "schedule.communicationSms"];
        foreach (var field in wrong)
            Assert.Contains(thrown.Faults, f => f.Field == field);
    }
}
