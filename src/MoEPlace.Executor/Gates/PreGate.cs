using MoEPlace.Torch;
using static MoEPlace.Torch.torch.nn.functional;

namespace MoEPlace.Executor.Gates;

/// <summary>
/// Each layer picks the experts of the next, so that they are known a layer ahead (Hwang et al. 2024, Pre-gated MoE, section 4.1). The
/// first layer also picks for itself, the last picks for none. What is carried is the logits of the next layer. Weights of the chosen sum
/// to 1.
/// </summary>
public sealed class PreGate : IGate
{
    private readonly Dictionary<string, Tensor> parameters = [];
    private readonly GateOptions options;
    private readonly Tensor? own;
    private readonly Tensor? next;

    /// <summary>Makes one.</summary>
    public PreGate(GateSite site, GateOptions options)
    {
        this.options = options;
        (Choices, CarryWidth) = (site.Choices, site.Experts);
        own = site.Layer.Value == 0 ? site.Take(parameters, "weight", site.Experts, site.Hidden) : null;
        next = site.Layer.Value < site.Layers - 1 ? site.Take(parameters, "next.weight", site.Experts, site.Hidden) : null;
    }

    /// <inheritdoc/>
    public int Choices { get; }

    /// <inheritdoc/>
    public int CarryWidth { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> Parameters => parameters;

    /// <inheritdoc/>
    public GateChoice Choose(GateInput input)
    {
        var logits = own is null ? input.Carry!.to(ScalarType.Float32) : linear(input.Hidden.to(ScalarType.Float32), own);
        var probabilities = logits.softmax(-1);
        var (values, ids) = probabilities.topk(Choices);
        return new GateChoice(
            ids,
            values / values.sum(-1, keepdim: true),
            next is null ? null : linear(input.Hidden.to(ScalarType.Float32), next),
            GateLoss.Of(options, logits, probabilities, ids, input.SumOverRanks));
    }

    /// <inheritdoc/>
    public Tensor? CostFreeOutput(Tensor hidden, Tensor experts, Tensor weights) => null;
}
