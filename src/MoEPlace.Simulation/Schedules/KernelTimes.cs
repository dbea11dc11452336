using MoEPlace.Evaluation;
using MoEPlace.Simulation.Devices;
using MoEPlace.Simulation.Work;

namespace MoEPlace.Simulation.Schedules;

/// <summary>
/// How long the kernels of a step take on each rank, picoseconds: the step model's own times, each with the launches that the step model
/// counts. An unequal rank takes 1 / speed as long without the launch; a lost one takes no time. A backward kernel takes twice the time of
/// its forward one, without the launch: gradients of inputs and of weights.
/// </summary>
internal sealed class KernelTimes
{
    private readonly MoEModel model;
    private readonly Device device;
    private readonly ExpertKernelModel expertKernel;
    private readonly double launchSeconds;
    private readonly double[] slowness;
    private readonly bool[] lost;

    internal KernelTimes(StepSetting setting)
    {
        (model, device, expertKernel) = (setting.SizedModel, setting.Cluster.Device, setting.Schedule.ExpertKernel);
        Step = new StepModel(model, setting.Cluster, setting.Conditions);
        launchSeconds = device.KernelLaunchNanoseconds * 1e-9;
        slowness = [.. Enumerable.Range(0, setting.Cluster.Ranks).Select(r => 1 / setting.Cluster.SpeedOf(new RankId(r)))];
        lost = new bool[slowness.Length];
        foreach (var rank in setting.LostRanks)
            lost[rank] = true;
    }

    /// <summary>The closed form behind these times.</summary>
    internal StepModel Step { get; }

    /// <summary>Attention of one layer, with its launch.</summary>
    /// <param name="tokens">[ranks] tokens at each rank.</param>
    /// <param name="gate">Whether the layer has a gate.</param>
    /// <param name="passes">1 forward, 2 backward.</param>
    internal long[] Attention(ReadOnlySpan<int> tokens, bool gate, int passes)
    {
        var times = new long[slowness.Length];
        for (var rank = 0; rank < times.Length; rank++)
        {
            var seconds = Step.AttentionSeconds(tokens[rank]) + (gate ? Step.GateSeconds(tokens[rank]) : 0);
            times[rank] = Time(rank, launchSeconds, seconds, passes);
        }
        return times;
    }

    /// <summary>The MLP of a layer that is not MoE.</summary>
    internal long[] Dense(ReadOnlySpan<int> tokens, int passes)
    {
        var times = new long[slowness.Length];
        for (var rank = 0; rank < times.Length; rank++)
            times[rank] = Time(rank, 0, Step.DenseSeconds(tokens[rank]), passes);
        return times;
    }

    /// <summary>The shared experts of one layer.</summary>
    internal long[] Shared(ReadOnlySpan<int> tokens, int passes)
    {
        var times = new long[slowness.Length];
        for (var rank = 0; rank < times.Length; rank++)
            times[rank] = Time(rank, 0, Step.SharedExpertSeconds(tokens[rank]), passes);
        return times;
    }

    /// <summary>The routed experts of one layer: the roofline with its launch, or the fused kernel with its own start-up.</summary>
    internal long[] Experts(StepWork work, LayerId layer, int passes)
    {
        var times = new long[slowness.Length];
        var fusedStartUp = expertKernel == ExpertKernelModel.Fused ? ExpertKernel.StartUpSeconds(model) : 0;
        for (var rank = 0; rank < times.Length; rank++)
        {
            var tokens = work.ExpertTokens(layer, new RankId(rank));
            if (expertKernel == ExpertKernelModel.Fused)
            {
                times[rank] = Time(rank, fusedStartUp, Math.Max(0, ExpertKernel.Seconds(tokens, model, device) - fusedStartUp), passes);
                continue;
            }
            var (pairs, activated) = (0L, 0);
            foreach (var count in tokens)
            {
                pairs += count;
                activated += count > 0 ? 1 : 0;
            }
            times[rank] = Time(rank, launchSeconds, Step.ExpertSeconds(pairs, activated), passes);
        }
        return times;
    }

    private long Time(int rank, double launch, double seconds, int passes) =>
        lost[rank] ? 0 : SimTime.FromSeconds(launch + slowness[rank] * seconds * passes).Picoseconds;
}
