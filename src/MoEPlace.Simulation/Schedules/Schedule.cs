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

    /// <summary>
    /// Bytes of one element of a dispatched hidden state: 1 for FP8 (with a 4-byte scale for 128), 2 for the model's activations as they
    /// are. Default: 2.
    /// </summary>
    public int DispatchBytesPerElement { get; init; } = 2;

    /// <summary>
    /// Multiprocessors of a device that an exchange takes from computation while it runs, 0 or more; DeepEP's normal kernels are as fast as
    /// these let them. Default: 0, copy engines and network cards.
    /// </summary>
    public int CommunicationSms { get; init; }

    /// <summary>
    /// Parts into which the tokens of a layer are cut between dispatch and combine, so that parts overlap; 1 to 64. Default: 1.
    /// </summary>
    public int PipelineDegree { get; init; } = 1;

    /// <summary>Micro-batches of a step whose attention and experts overlap with the other's exchanges, 1 or 2. Default: 1.</summary>
    public int MicroBatches { get; init; } = 1;

    /// <summary>
    /// Whether exchanges inside a node and between nodes have a stream each, so that they overlap (FSMoE, section 4). With hierarchical
    /// exchanges only: others use both tiers at once. Default: false, one stream.
    /// </summary>
    public bool SeparateNodeStreams { get; init; }

    /// <summary>Whether the shared experts of a layer run beside its dispatch. Default: false, after the combine.</summary>
    public bool SharedExpertsBesideDispatch { get; init; }

    /// <summary>What tells the time of a rank's experts. Default: the roofline.</summary>
    public ExpertKernelModel ExpertKernel { get; init; } = ExpertKernelModel.Roofline;

    /// <summary>
    /// Whether a backward pass follows (twice the computation of the forward one, the same exchanges, in reverse order). Default: false.
    /// </summary>
    public bool Backward { get; init; }

    /// <summary>
    /// Gradient bytes of what every rank holds are all-reduced in this many parts between the exchanges of the backward pass; 0: after it,
    /// in one. With <see cref="Backward"/> only. Default: 0.
    /// </summary>
    public int GradientParts { get; init; }

    /// <summary>Notes every property that is out of its range, and every combination that means nothing.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="prefix">The key path of the schedule in its file, for example <c>schedule.</c>.</param>
    public void Check(InputFaults faults, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(Enum.IsDefined(Residency), prefix + "residency", Residency, "home or coherent");
        faults.Require(Enum.IsDefined(Library), prefix + "library", Library, "ideal, nccl, deep-ep-low-latency or deep-ep-normal");
        faults.Require(Enum.IsDefined(AllToAll), prefix + "allToAll", AllToAll, "flat, hierarchical or node-deduplicated");
        faults.Require(Enum.IsDefined(Copies), prefix + "copies", Copies, "expert or rank");
        faults.Require(Enum.IsDefined(ExpertKernel), prefix + "expertKernel", ExpertKernel, "roofline or fused");
        faults.Require(
            CapacityFactor is null or (> 0 and <= 1_024), prefix + "capacityFactor", CapacityFactor, "above 0, at most 1,024, or null");
        faults.Require(DispatchBytesPerElement is 1 or 2, prefix + "dispatchBytesPerElement", DispatchBytesPerElement, "1 or 2");
        faults.Require(CommunicationSms is >= 0 and <= 65_535, prefix + "communicationSms", CommunicationSms, "0 to 65,535");
        faults.Require(PipelineDegree is >= 1 and <= 64, prefix + "pipelineDegree", PipelineDegree, "1 to 64");
        faults.Require(MicroBatches is 1 or 2, prefix + "microBatches", MicroBatches, "1 or 2");
        faults.Require(GradientParts is >= 0 and <= 1_024, prefix + "gradientParts", GradientParts, "0 to 1,024");
        CheckCombinations(faults, prefix);
    }

    private void CheckCombinations(InputFaults faults, string prefix)
    {
        faults.Require(Backward || GradientParts == 0, prefix + "gradientParts", GradientParts, "0 without backward");
        faults.Require(
            !SeparateNodeStreams || AllToAll == AllToAllAlgorithm.Hierarchical, prefix + "separateNodeStreams", SeparateNodeStreams,
            "false unless allToAll is hierarchical: others use both tiers at once");
        if (Residency == Residency.Coherent)
        {
            faults.Require(!Backward, prefix + "backward", Backward, "false with residency coherent, which decodes only");
            faults.Require(CapacityFactor is null, prefix + "capacityFactor", CapacityFactor, "null with residency coherent");
            faults.Require(
                !SharedExpertsBesideDispatch, prefix + "sharedExpertsBesideDispatch", SharedExpertsBesideDispatch,
                "false with residency coherent: they run where the dispatch brings the tokens");
        }
        if (Library == CollectiveLibrary.DeepEpLowLatency)
        {
            faults.Require(AllToAll == AllToAllAlgorithm.Flat, prefix + "allToAll", AllToAll, "flat with deep-ep-low-latency");
            faults.Require(Copies == CopyUnit.Expert, prefix + "copies", Copies, "expert with deep-ep-low-latency");
        }
        if (Library == CollectiveLibrary.DeepEpNormal)
        {
            faults.Require(
                CommunicationSms > 0, prefix + "communicationSms", CommunicationSms, "1 or more with deep-ep-normal, whose kernels take them; try 20");
            faults.Require(
                AllToAll == AllToAllAlgorithm.NodeDeduplicated, prefix + "allToAll", AllToAll, "node-deduplicated with deep-ep-normal");
        }
        if (AllToAll == AllToAllAlgorithm.NodeDeduplicated)
        {
            faults.Require(Copies == CopyUnit.Rank, prefix + "copies", Copies, "rank with node-deduplicated");
            faults.Require(
                CapacityFactor is null, prefix + "capacityFactor", CapacityFactor,
                "null with node-deduplicated: full room is no copy of a token");
        }
    }
}
