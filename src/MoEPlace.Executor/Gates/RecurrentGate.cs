using MoEPlace.Torch;
using static MoEPlace.Torch.torch.nn.functional;

namespace MoEPlace.Executor.Gates;

/// <summary>
/// Top-k by the state of a gated recurrent unit that runs along the layers (Qiu et al. 2024, RMoE, section 3): each layer projects the
/// hidden state, one unit shared by all layers takes the projection and the state of the layer before, and each layer scores experts by the
/// new state, which is what is carried. The first state is zero. Weights of the chosen sum to 1.
/// </summary>
public sealed class RecurrentGate : IGate
{
    private readonly Dictionary<string, Tensor> parameters = [];
    private readonly GateOptions options;
    private readonly Tensor project, score, input, state, inputBias, stateBias;

    /// <summary>Makes one.</summary>
    public RecurrentGate(GateSite site, GateOptions options)
    {
        this.options = options;
        Choices = site.Choices;
        long width = options.StateWidth;
        project = site.Take(parameters, "project.weight", width, site.Hidden);
        score = site.Take(parameters, "weight", site.Experts, width);
        input = site.TakeShared(parameters, "model.gate_unit.weight_ih", 3 * width, width);
        state = site.TakeShared(parameters, "model.gate_unit.weight_hh", 3 * width, width);
        inputBias = site.TakeShared(parameters, "model.gate_unit.bias_ih", 3 * width);
        stateBias = site.TakeShared(parameters, "model.gate_unit.bias_hh", 3 * width);
    }

    /// <inheritdoc/>
    public int Choices { get; }

    /// <inheritdoc/>
    public int CarryWidth => options.StateWidth;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> Parameters => parameters;

    /// <inheritdoc/>
    public GateChoice Choose(GateInput input)
    {
        var before = input.Carry?.to(ScalarType.Float32) ?? torch.zeros([input.Hidden.size(0), CarryWidth], device: input.Hidden.device);
        var after = Step(linear(input.Hidden.to(ScalarType.Float32), project), before);
        var logits = linear(after, score);
        var probabilities = logits.softmax(-1);
        var (values, ids) = probabilities.topk(Choices);
        return new GateChoice(
            ids, values / values.sum(-1, keepdim: true), after, GateLoss.Of(options, logits, probabilities, ids, input.SumOverRanks));
    }

    /// <inheritdoc/>
    public Tensor? CostFreeOutput(Tensor hidden, Tensor experts, Tensor weights) => null;

    /// <summary>The unit of Cho et al. 2014 with the rows of its weights in the order reset, update, new.</summary>
    private Tensor Step(Tensor x, Tensor h)
    {
        var (ofInput, ofState) = (linear(x, input, inputBias), linear(h, state, stateBias));
        var reset = (Part(ofInput, 0) + Part(ofState, 0)).sigmoid();
        var update = (Part(ofInput, 1) + Part(ofState, 1)).sigmoid();
        var candidate = (Part(ofInput, 2) + reset * Part(ofState, 2)).tanh();
        return candidate + update * (h - candidate);

        Tensor Part(Tensor all, int i) => all.narrow(1, i * CarryWidth, CarryWidth);
    }
}
