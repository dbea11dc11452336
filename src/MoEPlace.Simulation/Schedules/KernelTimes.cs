using MoEPlace.Evaluation;
using MoEPlace.Simulation.Devices;
using MoEPlace.Simulation.Work;

namespace MoEPlace.Simulation.Schedules;

/// <summary>
/// How long the kernels of a step take on each rank, picoseconds: the step model's own times, each with the launches that the step model
/// counts. An unequal rank takes 1 / speed as long without the launch; a lost one takes no time. A backward kernel takes twice the time of
/// its forward one, without the launch: gradients of inputs and of weights. Where the cluster has a calibration, attention (of layers
/// without experts too), routed experts and the step's own time are as it was measured, launches in them, and ranks of a node that share
/// cores take turns; it says nothing of shared experts and dense MLPs, which stay the step model's.
/// </summary>
internal sealed class KernelTimes
{
    private readonly MoEModel model;
    private readonly Device device;
    private readonly Calibration? measured;
    private readonly int contextTokens, ranksPerNode;
    private readonly ExpertKernelModel expertKernel;
    private readonly double launchSeconds;
    private readonly double[] slowness;
    private readonly bool[] lost;

    internal KernelTimes(StepSetting setting)
    {
        (model, device, expertKernel) = (setting.SizedModel, setting.Cluster.Device, setting.Schedule.ExpertKernel);
        (measured, contextTokens, ranksPerNode) = (setting.Cluster.Calibration, setting.ContextTokens, setting.Cluster.RanksPerNode);
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
        if (measured is not null)
            return TakeTurns(tokens, measured.Attention);
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
        if (measured is not null && expertKernel == ExpertKernelModel.Roofline)
            return MeasuredExperts(work, layer);
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
            var (pairs, activated) = Pairs(tokens);
            times[rank] = Time(rank, launchSeconds, Step.ExpertSeconds(pairs, activated), passes);
        }
        return times;
    }

    /// <summary>What a step takes beside its layers; null where it was not measured.</summary>
    /// <param name="tokens">[ranks] tokens at each rank.</param>
    internal long[]? BesideLayers(ReadOnlySpan<int> tokens) => measured is null ? null : TakeTurns(tokens, measured.Step);

    private long[] TakeTurns(ReadOnlySpan<int> tokens, TokenTime time)
    {
        var seconds = new double[slowness.Length];
        for (var rank = 0; rank < seconds.Length; rank++)
            seconds[rank] = time.Of(tokens[rank], contextTokens);
        return TakeTurns(seconds);
    }

    /// <summary>[ranks] seconds on a core alone, of works that begin together on each node.</summary>
    private long[] TakeTurns(double[] seconds)
    {
        for (var rank = 0; rank < seconds.Length; rank++)
            seconds[rank] = lost[rank] ? 0 : seconds[rank] * slowness[rank];
        for (var first = 0; measured!.CoresPerNode is { } cores && first < seconds.Length; first += ranksPerNode)
            SharedCores.TakeTurns(seconds.AsSpan(first, ranksPerNode), cores);
        return [.. seconds.Select(one => SimTime.FromSeconds(one).Picoseconds)];
    }

    private long[] MeasuredExperts(StepWork work, LayerId layer)
    {
        var seconds = new double[slowness.Length];
        for (var rank = 0; rank < seconds.Length; rank++)
        {
            var (pairs, activated) = Pairs(work.ExpertTokens(layer, new RankId(rank)));
            seconds[rank] = measured!.Experts.Of(activated, pairs);
        }
        return TakeTurns(seconds);
    }

    private static (long Pairs, int Activated) Pairs(ReadOnlySpan<int> tokens)
    {
        var (pairs, activated) = (0L, 0);
        foreach (var count in tokens)
        {
            pairs += count;
            activated += count > 0 ? 1 : 0;
        }
        return (pairs, activated);
    }

    private long Time(int rank, double launch, double seconds, int passes) =>
        lost[rank] ? 0 : SimTime.FromSeconds(launch + slowness[rank] * seconds * passes).Picoseconds;
}
