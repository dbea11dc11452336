namespace MoEPlace.Executor.Gates;

/// <summary>The ways in which a token gets its experts; in <c>config.json</c> by their names in snake case.</summary>
public enum GateKind
{
    /// <summary><c>top_k</c>: the k experts of highest score, as the layouts have it.</summary>
    TopK,

    /// <summary><c>top_p</c>: experts by falling probability until they hold a share of it.</summary>
    TopP,

    /// <summary><c>null_experts</c>: top-k among experts and null experts, which do nothing.</summary>
    NullExperts,

    /// <summary>
    /// <c>cost_free_experts</c>: top-k among experts and zero, copy and constant experts, with a residual from the gate before.
    /// </summary>
    CostFreeExperts,

    /// <summary><c>recurrent</c>: top-k by a state that a recurrent unit carries from layer to layer.</summary>
    Recurrent,

    /// <summary><c>pre_gate</c>: the layer before has picked.</summary>
    PreGate,

    /// <summary><c>random</c>: by lot.</summary>
    Random,

    /// <summary><c>expert_choice</c>: experts pick their tokens.</summary>
    ExpertChoice,

    /// <summary><c>domain</c>: top-k within the group of experts that belongs to the domain of the sequence.</summary>
    Domain,
}
