using MoEPlace.Executor.Models;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Gates;

/// <summary>Sends every token to its best experts. It computes in Float32, whatever the rest of the model does.</summary>
public sealed class TopKGate : IGate
{
    private readonly TopKConfig config;
    private readonly Tensor weight;
    private readonly Tensor? bias;

    /// <summary>Makes one of its weights.</summary>
    /// <param name="config">How it chooses.</param>
    /// <param name="experts">Experts of the layer.</param>
    /// <param name="hiddenSize">Width of a hidden state.</param>
    /// <param name="prefix">What the names of its weights begin with, for example <c>model.layers.0.mlp.gate.</c></param>
    /// <param name="source">Gives <c>weight</c> [E, H] and, with a bias of choice, <c>e_score_correction_bias</c> [E].</param>
    public TopKGate(TopKConfig config, int experts, int hiddenSize, string prefix, WeightSource source)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(source);
        this.config = config;
        var parameters = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        parameters[prefix + "weight"] = weight = source(prefix + "weight", experts, hiddenSize);
        if (config.Bias)
            parameters[prefix + "e_score_correction_bias"] = bias = source(prefix + "e_score_correction_bias", experts);
        Parameters = parameters;
    }

    /// <inheritdoc/>
    public int Choices => config.Choices;

    /// <inheritdoc/>
    public int CarryWidth => 0;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> Parameters { get; }

    /// <inheritdoc/>
    public GateChoice Choose(GateInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var logits = torch.nn.functional.linear(input.Hidden.to(ScalarType.Float32), weight);
        var scores = config.Scoring switch
        {
            GateScoring.Softmax => logits.softmax(1),
            GateScoring.Sigmoid => logits.sigmoid(),
            _ => logits,
        };
        var wanted = bias is null ? scores : scores + bias;
        if (config.Groups > 1)
            wanted = WithinBestGroups(wanted);
        var (weights, chosen) = wanted.topk(config.Choices, 1);
        if (bias is not null)
        {
            (weights, var order) = scores.gather(1, chosen).sort(1, descending: true);
            chosen = chosen.gather(1, order);
        }
        if (config.Scoring == GateScoring.SoftmaxOfChosen)
            weights = weights.softmax(1);
        else if (config.Renormalise)
            weights = weights / (weights.sum(1, keepdim: true) + 1e-20);
        if (config.Scale != 1)
            weights = weights * config.Scale;
        var loss = logits.requires_grad
            ? GateLoss.Balance(logits.softmax(1), chosen, input.SumOverRanks) * config.BalanceCoefficient
            : null;
        return new GateChoice(chosen, weights, null, loss);
    }

    /// <inheritdoc/>
    public Tensor? CostFreeOutput(Tensor hidden, Tensor experts, Tensor weights) => null;

    // DeepSeek-V3, section 2.1.2: experts of groups that are left out cannot be chosen.
    private Tensor WithinBestGroups(Tensor wanted)
    {
        var (tokens, experts) = (wanted.size(0), wanted.size(1));
        var byGroup = wanted.view(tokens, config.Groups, experts / config.Groups);
        var groupScores = config.BestOfGroup == 1 ? byGroup.amax(2) : byGroup.topk(config.BestOfGroup, 2).Values.sum(2);
        var kept = groupScores.topk(config.TopGroups, 1).Indices;
        var isKept = torch.zeros(groupScores.shape, ScalarType.Float32, wanted.device)
            .scatter(1, kept, torch.ones(kept.shape, ScalarType.Float32, wanted.device));
        return byGroup.masked_fill(isKept.eq(0).unsqueeze(2), double.NegativeInfinity).reshape(tokens, experts);
    }
}
