using MoEPlace.Simulation.Devices;

namespace MoEPlace.Simulation.Schedules;

/// <summary>
/// In which order and on which streams a step runs: each property is one choice, and a published system is a combination of them.
/// </summary>
public sealed record Schedule
{
    /// <summary>Where a hidden state lives between layers. Default: home.</summary>
    public Residency Residency { get; init; } = Residency.Home;

    /// <summary>What carries dispatch and combine. Default: the cluster's latency and bandwidth.</summary>
    public CollectiveLibrary Library { get; init; } = CollectiveLibrary.Ideal;

    /// <summary>How dispatch and combine travel. Default: flat.</summary>
    public AllToAllAlgorithm AllToAll { get; init; } = AllToAllAlgorithm.Flat;

    /// <summary>What a token travels once for. Default: every rank that holds some of its experts.</summary>
    public CopyUnit Copies { get; init; } = CopyUnit.Rank;

    /// <summary>
    /// Every expert of a layer gets room for this many times the mean of its tokens, and full room travels and is computed whether used or
    /// not (GShard); null: what the gate chose and no more. Above 0.
    /// </summary>
    public double? CapacityFactor { get; init; }

    /// <summary>Bytes of one element of a dispatched hidden state: 1 for FP8 (with a 4-byte scale for 128), 2 for bfloat16. Default: 2.</summary>
    public int DispatchBytesPerElement { get; init; } = 2;

    /// <summary>Multiprocessors of a device that communication takes from computation while it runs, 0 or more. Default: 0, copy engines and network cards.</summary>
    public int CommunicationSms { get; init; }

    /// <summary>Parts into which the tokens of a layer are cut between dispatch and combine, so that parts overlap; 1 to 64. Default: 1.</summary>
    public int PipelineDegree { get; init; } = 1;

    /// <summary>Micro-batches of a step whose attention and experts overlap with the other's exchanges, 1 or 2. Default: 1.</summary>
    public int MicroBatches { get; init; } = 1;

    /// <summary>Whether exchanges inside a node and between nodes have a stream each, so that they overlap. Default: false, one stream.</summary>
    public bool SeparateNodeStreams { get; init; }

    /// <summary>Whether the shared experts of a layer run beside its dispatch. Default: false, after the combine.</summary>
    public bool SharedExpertsBesideDispatch { get; init; }

    /// <summary>What tells the time of a rank's experts. Default: the roofline.</summary>
    public ExpertKernelModel ExpertKernel { get; init; } = ExpertKernelModel.Roofline;

    /// <summary>Whether a backward pass follows (twice the computation of the forward one, the same exchanges, in reverse order). Default: false.</summary>
    public bool Backward { get; init; }

    /// <summary>
    /// Gradient bytes of what every rank holds are all-reduced in this many parts between the exchanges of the backward pass; 0: after it, in one. With
    /// <see cref="Backward"/> only. Default: 0.
    /// </summary>
    public int GradientParts { get; init; }
}
