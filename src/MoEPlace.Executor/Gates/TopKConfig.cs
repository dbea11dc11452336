namespace MoEPlace.Executor.Gates;

/// <summary>A gate that sends every token to its best experts.</summary>
public sealed record TopKConfig
{
    /// <summary>Experts that a token goes to.</summary>
    public required int Choices { get; init; }

    /// <summary>How logits become weights.</summary>
    public GateScoring Scoring { get; init; }

    /// <summary>Whether the weights of the chosen are divided by their sum.</summary>
    public bool Renormalise { get; init; }

    /// <summary>What multiplies the weights at the end.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>Whether a bias is added for the choice, not for the weights (DeepSeek-V3, section 2.1.2).</summary>
    public bool Bias { get; init; }

    /// <summary>Groups of experts of adjacent ids; 1 for no groups.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Groups that a token may choose from.</summary>
    public int TopGroups { get; init; } = 1;

    /// <summary>Experts whose sum of scores, the best of the group, ranks a group: 1 (DeepSeek-V2) or 2 (DeepSeek-V3).</summary>
    public int BestOfGroup { get; init; } = 1;

    /// <summary>
    /// Weight of the balance loss in training (<c>router_aux_loss_coef</c>), 0 or more; how it relates to the weight of transformers, see
    /// <see cref="GateLoss.Balance"/>.
    /// </summary>
    public double BalanceCoefficient { get; init; }
}
