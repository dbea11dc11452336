using MoEPlace.Torch;
using static MoEPlace.Torch.torch.nn.functional;

namespace MoEPlace.Executor.Gates;

/// <summary>
/// Routing that the domain of the text enforces (Gururangan et al. 2022, DEMix, section 3, with several experts a domain): the experts are
/// divided into one group of neighbours for each domain, and a trained top-k chooses within the group. Weights of the chosen sum to 1.
/// </summary>
public sealed class DomainGate : IGate
{
    private readonly Dictionary<string, Tensor> parameters = [];
    private readonly GateOptions options;
    private readonly Tensor weight;
    private readonly int experts;

    /// <summary>Makes one.</summary>
    public DomainGate(GateSite site, GateOptions options)
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
    /// <exception cref="InputException">A sequence has a domain that the model was not made for.</exception>
    public GateChoice Choose(GateInput input)
    {
        var logits = linear(input.Hidden.to(ScalarType.Float32), weight).masked_fill(Outside(input), double.NegativeInfinity);
        var probabilities = logits.softmax(-1);
        var (values, ids) = probabilities.topk(Choices);
        return new GateChoice(
            ids, values / values.sum(-1, keepdim: true), Loss: GateLoss.Of(options, logits, probabilities, ids, input.SumOverRanks));
    }

    /// <inheritdoc/>
    public Tensor? CostFreeOutput(Tensor hidden, Tensor experts, Tensor weights) => null;

    /// <summary>The experts of a domain: from Begin up to End - 1.</summary>
    internal static (int Begin, int End) Group(int domain, int domains, int experts) =>
        (domain * experts / domains, (domain + 1) * experts / domains);

    /// <summary>[tokens, experts] Bool: not of the token's group.</summary>
    private Tensor Outside(GateInput input)
    {
        var domains = options.Domains.Length;
        var mask = new bool[domains * experts];
        Array.Fill(mask, true);
        for (var domain = 0; domain < domains; domain++)
        {
            var (begin, end) = Group(domain, domains, experts);
            mask.AsSpan(domain * experts + begin, end - begin).Clear();
        }
        var rows = new long[input.Batch.Count];
        for (var token = 0; token < rows.Length; token++)
        {
            rows[token] = input.Batch.Domains[token];
            if (rows[token] >= domains)
                throw new InputException("prompts", "domain", rows[token], $"0 to {domains - 1}: {string.Join(", ", options.Domains)}");
        }
        var device = input.Hidden.device;
        return torch.tensor<bool>(mask, [domains, experts], device).index_select(0, torch.tensor<long>(rows, device));
    }
}
