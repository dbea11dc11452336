using MoEPlace.Torch;
using static MoEPlace.Torch.torch.nn.functional;

namespace MoEPlace.Executor.Gates;

/// <summary>
/// Top-k among experts and experts that cost nothing (Jin et al. 2024, MoE++, section 3): a zero expert gives nothing, a copy expert the
/// hidden state, a constant expert a1 x + a2 v with (a1, a2) = softmax(W x) and a trained v. The logits of the layer before are added
/// through a matrix (gating residuals, equation 6); they are what is carried. Ids from E on: zero, then copy, then constant experts.
/// </summary>
public sealed class CostFreeGate : IGate
{
    private readonly Dictionary<string, Tensor> parameters = [];
    private readonly GateOptions options;
    private readonly Tensor weight;
    private readonly Tensor? residual;
    private readonly (Tensor Mix, Tensor Vector)[] constants;
    private readonly int experts;

    /// <summary>Makes one.</summary>
    public CostFreeGate(GateSite site, GateOptions options)
    {
        this.options = options;
        (experts, Choices) = (site.Experts, site.Choices);
        CarryWidth = experts + options.ZeroExperts + options.CopyExperts + options.ConstantExperts;
        weight = site.Take(parameters, "weight", CarryWidth, site.Hidden);
        residual = site.Layer.Value == 0 ? null : site.Take(parameters, "residual.weight", CarryWidth, CarryWidth);
        constants =
        [
            .. Enumerable.Range(0, options.ConstantExperts).Select(i =>
                (site.Take(parameters, $"constants.{i}.mix", 2, site.Hidden), site.Take(parameters, $"constants.{i}.vector", site.Hidden))),
        ];
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
        var logits = linear(input.Hidden.to(ScalarType.Float32), weight);
        if (residual is not null)
            logits += linear(input.Carry!.to(ScalarType.Float32), residual);
        var probabilities = logits.softmax(-1);
        var (values, ids) = probabilities.topk(Choices);
        return new GateChoice(ids, values, logits, Loss(logits, probabilities, ids, input.SumOverRanks));
    }

    /// <inheritdoc/>
    public Tensor? CostFreeOutput(Tensor hidden, Tensor experts, Tensor weights)
    {
        var x = hidden.to(ScalarType.Float32);
        var copy = this.experts + options.ZeroExperts;
        var scale = Weight(id => id.ge(copy).logical_and(id.lt(copy + options.CopyExperts)));
        Tensor? constant = null;
        for (var i = 0; i < constants.Length; i++)
        {
            var mine = Weight(id => id.eq(copy + options.CopyExperts + i));
            var mix = linear(x, constants[i].Mix).softmax(-1);
            scale += mine * mix.narrow(1, 0, 1);
            var part = mine * mix.narrow(1, 1, 1) * constants[i].Vector;
            constant = constant is null ? part : constant + part;
        }
        var output = constant is null ? x * scale : x * scale + constant;
        return output.to(hidden.dtype);

        Tensor Weight(Func<Tensor, Tensor> chosen) =>
            weights.masked_fill(chosen(experts).logical_not(), 0).sum(-1, keepdim: true);
    }

    /// <summary>
    /// MoE++, equation 7: the heterogeneous balance loss, in which experts that cost nothing weigh less, so that they are used more.
    /// </summary>
    private Tensor? Loss(Tensor logits, Tensor probabilities, Tensor ids, Action<Tensor>? sumOverRanks)
    {
        if (!logits.requires_grad)
            return null;
        var weigh = torch.cat([
            torch.ones([experts], device: logits.device),
            torch.full([CarryWidth - experts], options.CostFreeShare, device: logits.device),
        ]);
        var shares = GateLoss.Shares(ids, CarryWidth, sumOverRanks);
        var loss = (shares * probabilities.mean(0) * weigh).sum() * (CarryWidth * options.BalanceCoefficient);
        return options.ZCoefficient == 0 ? loss : loss + GateLoss.Z(logits) * options.ZCoefficient;
    }
}
