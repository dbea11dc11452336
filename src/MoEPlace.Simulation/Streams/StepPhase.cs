namespace MoEPlace.Simulation.Streams;

/// <summary>The names of the phases of a step, as results tell them.</summary>
public static class StepPhase
{
    /// <summary>Attention, and the gate where the layer has one.</summary>
    public const string Attention = "attention";

    /// <summary>The MLP of a layer that is not MoE.</summary>
    public const string Dense = "dense";

    /// <summary>Shared experts.</summary>
    public const string Shared = "shared";

    /// <summary>Hidden states to their experts.</summary>
    public const string Dispatch = "dispatch";

    /// <summary>The routed experts.</summary>
    public const string Experts = "experts";

    /// <summary>Hidden states back.</summary>
    public const string Combine = "combine";

    /// <summary>The gathering of new keys and values under residency coherent.</summary>
    public const string Context = "context";

    /// <summary>What a step was measured to take beside its layers: planning, embedding, head, sampling.</summary>
    public const string Step = "step";

    /// <summary>The all-reduce of gradients.</summary>
    public const string Gradient = "gradient";

    /// <summary>Weights on their way from another memory.</summary>
    public const string Load = "load";

    /// <summary>Waiting for other ranks to join an exchange.</summary>
    public const string Wait = "wait";

    /// <summary>All of them, in the order in which they are told: that of a layer.</summary>
    public static IReadOnlyList<string> All { get; } =
        [Load, Attention, Dense, Dispatch, Experts, Combine, Shared, Context, Step, Gradient, Wait];
}
