using MoEPlace.Torch;
using static MoEPlace.Torch.torch.nn.functional;

namespace MoEPlace.Executor.Gates;

/// <summary>
/// Top-k among E experts and m null experts, whose output is nothing, so that easy tokens get fewer experts (Zeng et al. 2024, AdaMoE,
/// section 3): weights are shared among the true experts that were chosen, and null experts count as one kind in the balance loss. Null
/// experts have ids from E on and stand last, with weight 0.
/// </summary>
public sealed class NullExpertGate : IGate
{
    private readonly Dictionary<string, Tensor> parameters = [];
    private readonly GateOptions options;
    private readonly Tensor weight;
    private readonly int experts;

    /// <summary>Makes one.</summary>
    public NullExpertGate(GateSite site, GateOptions options)
    {
        this.options = options;
        (experts, Choices) = (site.Experts, site.Choices);
        weight = site.Take(parameters, "weight", site.Experts + options.NullExperts, site.Hidden);
    }

    /// <inheritdoc/>
    public int Choices { get; }

    /// <inheritdoc/>
    public int CarryWidth => 0;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> Parameters => parameters;

    /// <inheritdoc/>
    public GateChoice Choose(GateInput input)
    {
        var logits = linear(input.Hidden.to(ScalarType.Float32), weight);
        var probabilities = logits.softmax(-1);
        var (values, ids) = probabilities.topk(Choices);
        var real = values.masked_fill(ids.ge(experts), 0);
        var (weights, order) = (real / real.sum(-1, keepdim: true).clamp(1e-20, 1)).sort(-1, descending: true);
        return new GateChoice(ids.gather(-1, order), weights, Loss: Loss(logits, probabilities, ids, input.SumOverRanks));
    }

    /// <inheritdoc/>
    public Tensor? CostFreeOutput(Tensor hidden, Tensor experts, Tensor weights) => null;

    /// <summary>AdaMoE, equation 5: f of a null expert is the mean over all of them, so which of them is chosen does not matter.</summary>
    private Tensor? Loss(Tensor logits, Tensor probabilities, Tensor ids, Action<Tensor>? sumOverRanks)
    {
        if (!logits.requires_grad)
            return null;
        long all = probabilities.size(1), nulls = all - experts;
        var shares = GateLoss.Shares(ids, all, sumOverRanks);
        var mean = shares.narrow(0, experts, nulls).mean().expand(nulls);
        var loss = (torch.cat([shares.narrow(0, 0, experts), mean]) * probabilities.mean(0)).sum() * (all * options.BalanceCoefficient);
        return options.ZCoefficient == 0 ? loss : loss + GateLoss.Z(logits) * options.ZCoefficient;
    }
}
