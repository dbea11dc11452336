using MoEPlace.Executor.Gates;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Models;

/// <summary>One layer: attention, then experts or a dense MLP, each on the normalised residual.</summary>
public sealed class DecoderLayer
{
    private readonly TransformerConfig model;
    private readonly Func<TokenBatch, BatchPlan> plans;
    private readonly IAttention attention;
    private readonly Tensor inputNorm, innerNorm;
    private readonly FeedForward? shared, dense;

    internal DecoderLayer(
        TransformerConfig model, int index, Func<TokenBatch, BatchPlan> plans, WeightSource weight, WeightSource wideWeight,
        Func<DecoderLayer, ExpertBank> bank)
    {
        (this.model, this.plans, Index) = (model, plans, index);
        var prefix = $"model.layers.{index}.";
        inputNorm = weight(prefix + "input_layernorm.weight", model.HiddenSize);
        attention = model.Attention.IsLatent ? new LatentAttention(model, index, weight) : new GroupedAttention(model, index, weight);
        innerNorm = weight(prefix + "post_attention_layernorm.weight", model.HiddenSize);
        IsMoE = model.IsMoE(index);
        Ordinal = new LayerId(IsMoE ? model.MoeLayerIds.IndexOf(index) : -1);
        if (!IsMoE)
        {
            dense = new FeedForward(model, prefix + "mlp.", model.DenseSize, weight);
            return;
        }
        Gate = GateConstruction.Make(model, Ordinal, ExpertNames.Block(model, index) + "gate.", wideWeight);
        if (model.SharedSize > 0)
            shared = new FeedForward(model, prefix + "mlp.shared_experts.", model.SharedSize, weight);
        Experts = bank(this);
    }

    /// <summary>Its index among all layers.</summary>
    public int Index { get; }

    /// <summary>True when it has experts.</summary>
    public bool IsMoE { get; }

    /// <summary>Its ordinal among the MoE layers; -1 when it is none.</summary>
    public LayerId Ordinal { get; }

    /// <summary>Who picks experts; null in a dense layer.</summary>
    public IGate? Gate { get; }

    /// <summary>The experts of this rank; null in a dense layer.</summary>
    public ExpertBank? Experts { get; }

    /// <summary>The residual plus attention over its norm; what is new is put into the cache.</summary>
    /// <param name="residual">[n, H].</param>
    /// <param name="batch">Which tokens they are.</param>
    /// <param name="cache">Null when runs are whole sequences, as in training.</param>
    /// <returns>[n, H].</returns>
    /// <exception cref="ArgumentException">
    /// A prefill that does not begin at position 0, or a decode without a cache or of several tokens of a sequence.
    /// </exception>
    public Tensor Attend(Tensor residual, TokenBatch batch, KeyValueCache? cache)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (cache is null && !batch.Prefill)
            throw new ArgumentException("A decode needs a cache.", nameof(cache));
        return batch.Count == 0
            ? residual
            : residual + attention.Forward(torch.nn.functional.rms_norm(residual, inputNorm, model.NormEpsilon), plans(batch), cache);
    }

    /// <summary>The norm of a residual [n, H] before the experts or the MLP.</summary>
    public Tensor Normalise(Tensor residual) => torch.nn.functional.rms_norm(residual, innerNorm, model.NormEpsilon);

    /// <summary>What the shared experts make of normalised hidden states [n, H]; null without shared experts.</summary>
    public Tensor? Shared(Tensor hidden) => shared?.Forward(hidden);

    /// <summary>What the MLP of a dense layer makes of normalised hidden states [n, H].</summary>
    /// <exception cref="InvalidOperationException">The layer has experts.</exception>
    public Tensor Dense(Tensor hidden) => (dense ?? throw new InvalidOperationException($"Layer {Index} has experts.")).Forward(hidden);
}
