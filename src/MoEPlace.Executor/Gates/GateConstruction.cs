using MoEPlace.Executor.Models;

namespace MoEPlace.Executor.Gates;

/// <summary>Makes the gate that a configuration asks for.</summary>
public static class GateConstruction
{
    /// <summary>Makes the gate of a layer.</summary>
    /// <param name="config">The model.</param>
    /// <param name="layer">The MoE layer, by ordinal.</param>
    /// <param name="prefix">What the names of its weights begin with, for example <c>model.layers.0.mlp.gate.</c></param>
    /// <param name="weight">Gives its weights, in Float32.</param>
    /// <exception cref="InputException">The configuration asks for a gate that is not known.</exception>
    public static IGate Make(TransformerConfig config, LayerId layer, string prefix, WeightSource weight)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (config.GateJson is null)
            return new TopKGate(config.Gate, config.Experts, config.HiddenSize, prefix, weight);
        throw new InputException("config.json", "moeplace_gate", config.GateJson, "left out: the layout's own gate");
    }
}
