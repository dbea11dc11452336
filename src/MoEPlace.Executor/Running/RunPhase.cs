namespace MoEPlace.Executor.Running;

/// <summary>What a rank does in a step, as its clock tells it apart.</summary>
public enum RunPhase
{
    /// <summary>Attention, norms and the gate of a layer with experts.</summary>
    Attention,

    /// <summary>A layer without experts: attention and MLP.</summary>
    Dense,

    /// <summary>Hidden states to their experts, waiting for others included.</summary>
    Dispatch,

    /// <summary>The routed experts.</summary>
    Experts,

    /// <summary>Sums back, waiting for others included, and added up.</summary>
    Combine,

    /// <summary>Shared experts and those that cost nothing.</summary>
    Shared,

    /// <summary>New keys and values to all ranks, residency coherent.</summary>
    Context,

    /// <summary>What is beside the layers: planning, embedding, head, sampling, recording.</summary>
    Step,

    /// <summary>Moving to another placement: what of it is not hidden behind the step.</summary>
    Apply,
}
