using MoEPlace.Executor.Models;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Gates;

/// <summary>The place that a gate is made for.</summary>
/// <param name="Layer">The MoE layer, by ordinal.</param>
/// <param name="Layers">MoE layers of the model.</param>
/// <param name="Experts">Experts of the layer, without those that cost nothing.</param>
/// <param name="Hidden">Width of a hidden state.</param>
/// <param name="Choices">The most that it may choose for a token, <c>num_experts_per_tok</c>.</param>
/// <param name="Prefix">What the names of its weights begin with, for example <c>model.layers.3.mlp.gate.</c>.</param>
/// <param name="Weight">Gives a weight in Float32; the same tensor for the same name, so that layers can share one.</param>
public sealed record GateSite(
    LayerId Layer, int Layers, int Experts, int Hidden, int Choices, string Prefix, WeightSource Weight)
{
    /// <summary>A weight of this gate, noted under its name.</summary>
    internal Tensor Take(IDictionary<string, Tensor> into, string name, params ReadOnlySpan<long> shape) =>
        TakeShared(into, Prefix + name, shape);

    /// <summary>A weight that all layers share, noted under its name.</summary>
    internal Tensor TakeShared(IDictionary<string, Tensor> into, string name, params ReadOnlySpan<long> shape) =>
        into[name] = Weight(name, shape);
}
