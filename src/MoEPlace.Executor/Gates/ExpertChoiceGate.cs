using MoEPlace.Torch;
using static MoEPlace.Torch.torch.nn.functional;

namespace MoEPlace.Executor.Gates;

/// <summary>
/// Each expert picks the tokens of the batch that score highest for it, tokens x capacity factor / experts of them (Zhou et al. 2022,
/// "Mixture-of-Experts with Expert Choice Routing", section 3.2), so loads are even by construction. A token gets between none and <see
/// cref="Choices"/> experts; where more picked it, it keeps those with the highest weights. What a token gets depends on the others of its
/// batch, later ones included; so ranks that each see a part of the batch would choose differently.
/// </summary>
public sealed class ExpertChoiceGate : IGate
{
    private readonly Dictionary<string, Tensor> parameters = [];
    private readonly GateOptions options;
    private readonly Tensor weight;
    private readonly int experts;

    /// <summary>Makes one.</summary>
    public ExpertChoiceGate(GateSite site, GateOptions options)
    {
        this.options = options;
        (experts, Choices) = (site.Experts, site.Choices);
        weight = site.Take(parameters, "weight", site.Experts, site.Hidden);
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
        var tokens = probabilities.size(0);
        var capacity = Math.Clamp((long)Math.Ceiling(tokens * options.CapacityFactor / experts), Math.Min(1, tokens), tokens);
        var (_, taken) = probabilities.detach().topk(capacity, 0);
        var none = torch.zeros([tokens, experts], device: logits.device);
        var picked = none.scatter(0, taken, torch.ones([capacity, experts], device: logits.device));
        var (values, ids) = (probabilities * picked).topk(Choices);
        var empty = picked.gather(-1, ids).eq(0);
        return new GateChoice(
            ids.masked_fill(empty, -1),
            values,
            Loss: logits.requires_grad && options.ZCoefficient > 0 ? GateLoss.Z(logits) * options.ZCoefficient : null);
    }

    /// <inheritdoc/>
    public Tensor? CostFreeOutput(Tensor hidden, Tensor experts, Tensor weights) => null;
}
