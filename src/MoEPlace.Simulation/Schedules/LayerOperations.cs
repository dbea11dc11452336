using System.Collections.Immutable;
using MoEPlace.Simulation.Devices;
using MoEPlace.Simulation.Network;
using MoEPlace.Simulation.Streams;

namespace MoEPlace.Simulation.Schedules;

/// <summary>Appends the operations that the layers of a step are made of. Positions and layers are ordinals of MoE layers.</summary>
internal sealed class LayerOperations(StepSetting setting, StepParts parts)
{
    private readonly ProgramBuilder builder = new(setting.Cluster.Ranks);
    private readonly KernelTimes times = new(setting);
    private readonly Schedule schedule = setting.Schedule;

    internal StepProgram Build() => schedule.CommunicationSms == 0
        ? builder.Build()
        : builder.Build(setting.Cluster.Device.Multiprocessors!.Value, schedule.CommunicationSms);

    internal int[] Attention(int layer, int micro, int[] after, int passes = 1) =>
        [builder.Kernel(StepPhase.Attention, layer, micro, times.Attention(parts.ResidentTokens(micro, layer), gate: true, passes), after)];

    /// <summary>The layers before an MoE layer, or after the last, that are not MoE: attention and MLP of each.</summary>
    internal int[] DenseLayers(int position, int micro, int[] after, int passes = 1)
    {
        var count = times.Step.DenseLayersAt(position);
        if (count == 0)
            return after;
        var tokens = parts.ResidentTokens(micro, position);
        var (attention, dense) = (times.Attention(tokens, gate: false, passes), times.Dense(tokens, passes));
        for (var i = 0; i < count; i++)
        {
            // Backward the MLP comes first.
            var first = passes == 1 ? Attend(after) : Multiply(after);
            after = passes == 1 ? Multiply(first) : Attend(first);
        }
        return after;

        int[] Attend(int[] before) => [builder.Kernel(StepPhase.Attention, -1, micro, attention, before)];
        int[] Multiply(int[] before) => [builder.Kernel(StepPhase.Dense, -1, micro, dense, before)];
    }

    /// <summary>The shared experts of a layer, where the tokens are after it; nothing in a model without.</summary>
    internal int[] Shared(int layer, int micro, int[] after, int passes = 1) => setting.SizedModel.Dimensions!.SharedIntermediateSize == 0
        ? after
        : [builder.Kernel(StepPhase.Shared, layer, micro, times.Shared(parts.ResidentTokens(micro, layer + 1), passes), after)];

    internal int Experts(int layer, int part, int after, int passes = 1) =>
        builder.Kernel(StepPhase.Experts, layer, part, times.Experts(parts.Works[part], new LayerId(layer), passes), after);

    internal int Dispatch(int layer, int part, int[] after) =>
        Phases(StepPhase.Dispatch, layer, part, parts.Works[part].Dispatch(new LayerId(layer)), ExchangeDirection.Dispatch, after);

    internal int Combine(int layer, int part, int after) =>
        Phases(StepPhase.Combine, layer, part, parts.Works[part].Combine(new LayerId(layer)), ExchangeDirection.Combine, [after]);

    /// <summary>The gradients of a combine, on their way to the experts.</summary>
    internal int CombineBack(int layer, int part, int[] after) =>
        Phases(StepPhase.Combine, layer, part, Back(parts.Works[part].Combine(new LayerId(layer))), ExchangeDirection.Dispatch, after);

    /// <summary>The gradients of a dispatch, on their way back to the tokens.</summary>
    internal int DispatchBack(int layer, int part, int after) =>
        Phases(StepPhase.Dispatch, layer, part, Back(parts.Works[part].Dispatch(new LayerId(layer))), ExchangeDirection.Combine, [after]);

    /// <summary>The gathering of new keys and values; null where there is none.</summary>
    internal int? Context(int[] after) =>
        parts.Context() is { } traffic ? Collective(StepPhase.Context, 0, traffic, after) : null;

    /// <summary>What a step takes beside its layers, with all its tokens; nothing where that was not measured.</summary>
    internal void BesideLayers(int[] after)
    {
        var tokens = new int[setting.Cluster.Ranks];
        for (var micro = 0; micro < parts.MicroBatches; micro++)
            foreach (var (rank, count) in parts.ResidentTokens(micro, parts.Works[0].Layers).Index())
                tokens[rank] += count;
        if (times.BesideLayers(tokens) is { } durations)
            builder.Kernel(StepPhase.Step, -1, 0, durations, after);
    }

    /// <summary>One part of the all-reduce of gradients, as wide as the weights.</summary>
    internal void Gradient(int part, int count, int[] after)
    {
        var bytes = (long)(times.Step.ReplicatedParameters * setting.SizedModel.Dimensions!.BytesPerParameter);
        var lost = new bool[setting.Cluster.Ranks];
        foreach (var rank in setting.LostRanks)
            lost[rank] = true;
        var share = (long)((Int128)bytes * (part + 1) / count - (Int128)bytes * part / count);
        var traffic = TrafficShapes.AllReduce(share, setting.Cluster, lost, setting.PairRanks);
        Collective(StepPhase.Gradient, part, traffic, after);
    }

    private int Phases(
        string phase, int layer, int part, ImmutableArray<ExchangeTraffic> phases, ExchangeDirection direction, int[] after)
    {
        // DeepEP's normal kernels are as fast as their multiprocessors let them, at least one; the others do not look at the number.
        var sms = Math.Max(1, schedule.CommunicationSms);
        foreach (var traffic in phases)
        {
            var transport = Transports.For(schedule.Library, direction, setting.Cluster, sms, traffic);
            after = [builder.Exchange(StreamOf(traffic), phase, layer, part, traffic, transport, after)];
        }
        return after[0];
    }

    // DeepEP only dispatches and combines: NCCL carries the rest.
    private int Collective(string phase, int part, ExchangeTraffic traffic, int[] after)
    {
        var library = schedule.Library == CollectiveLibrary.Ideal ? CollectiveLibrary.Ideal : CollectiveLibrary.Nccl;
        var transport = Transports.For(library, ExchangeDirection.Dispatch, setting.Cluster, sms: 1, traffic);
        return builder.Exchange(StreamOf(traffic), phase, -1, part, traffic, transport, after);
    }

    private StreamKind StreamOf(ExchangeTraffic traffic) => !schedule.SeparateNodeStreams ? StreamKind.Communication
        : TrafficShapes.CrossesNodes(traffic) ? StreamKind.InterNode : StreamKind.IntraNode;

    private static ImmutableArray<ExchangeTraffic> Back(ImmutableArray<ExchangeTraffic> phases) =>
        [.. phases.Reverse().Select(TrafficShapes.Transpose)];
}
