using MoEPlace.Torch;
using static MoEPlace.Torch.torch.nn.functional;

namespace MoEPlace.Executor.Gates;

/// <summary>
/// Experts by falling probability until they hold a share of it, so that tokens of which the gate is unsure get more (Huang et al. 2024,
/// "Harder Tasks Need More Experts", equations 3 to 5); no more than <see cref="Choices"/>. An entropy loss keeps it from being unsure of
/// all (equation 6).
/// </summary>
public sealed class TopPGate : IGate
{
    private readonly Dictionary<string, Tensor> parameters = [];
    private readonly GateOptions options;
    private readonly Tensor weight;

    /// <summary>Makes one.</summary>
    public TopPGate(GateSite site, GateOptions options)
    {
        this.options = options;
        Choices = site.Choices;
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
        var (values, ids) = probabilities.topk(Choices);
        var chosen = (values.cumsum(-1) - values).detach().lt(options.Threshold);
        var experts = ids.masked_fill(chosen.logical_not(), -1);
        var loss = GateLoss.Of(options, logits, probabilities, experts, input.SumOverRanks);
        return new GateChoice(
            experts, values.masked_fill(chosen.logical_not(), 0),
            Loss: loss is null ? null : loss + GateLoss.Entropy(logits) * options.EntropyCoefficient);
    }

    /// <inheritdoc/>
    public Tensor? CostFreeOutput(Tensor hidden, Tensor experts, Tensor weights) => null;
}
