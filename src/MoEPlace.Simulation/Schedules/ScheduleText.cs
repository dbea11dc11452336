using System.Globalization;
using MoEPlace.Simulation.Devices;

namespace MoEPlace.Simulation.Schedules;

/// <summary>A schedule in a few words.</summary>
internal static class ScheduleText
{
    internal static string Describe(Schedule schedule)
    {
        List<string> words =
        [
            schedule.Residency == Residency.Home ? "home" : "coherent",
            schedule.AllToAll switch
            {
                AllToAllAlgorithm.Flat => "flat",
                AllToAllAlgorithm.Hierarchical => "hierarchical",
                _ => "one copy per node",
            },
            schedule.Library switch
            {
                CollectiveLibrary.Ideal => "ideal transport",
                CollectiveLibrary.Nccl => "NCCL",
                CollectiveLibrary.DeepEpLowLatency => "DeepEP low-latency",
                _ => "DeepEP normal",
            },
        ];
        Say(schedule.Copies == CopyUnit.Expert, "one copy per expert");
        Say(schedule.CapacityFactor is not null, $"capacity factor {schedule.CapacityFactor?.ToString(CultureInfo.InvariantCulture)}");
        Say(schedule.DispatchBytesPerElement == 1, "FP8 dispatch");
        Say(schedule.CommunicationSms > 0, $"{schedule.CommunicationSms} SMs for exchanges");
        Say(schedule.PipelineDegree > 1, $"pipelined in {schedule.PipelineDegree}");
        Say(schedule.MicroBatches > 1, $"{schedule.MicroBatches} micro-batches");
        Say(schedule.SeparateNodeStreams, "streams for each tier");
        Say(schedule.SharedExpertsBesideDispatch, "shared experts beside dispatch");
        Say(schedule.ExpertKernel == ExpertKernelModel.Fused, "fused experts");
        Say(schedule.Backward, schedule.GradientParts > 0 ? $"backward, gradients in {schedule.GradientParts} parts" : "backward");
        return string.Join(", ", words);

        void Say(bool holds, string word)
        {
            if (holds)
                words.Add(word);
        }
    }
}
