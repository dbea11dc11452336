using MoEPlace.Executor.Models;

namespace MoEPlace.Executor.Gates;

/// <summary>Makes the gate of one layer.</summary>
public static class GateConstruction
{
    /// <summary>Makes the gate that a configuration asks for.</summary>
    /// <param name="config">The model.</param>
    /// <param name="layer">The MoE layer, by ordinal.</param>
    /// <param name="prefix">What the names of its weights begin with, for example <c>model.layers.0.mlp.gate.</c></param>
    /// <param name="weight">Gives its weights, in Float32; the same tensor for the same name.</param>
    public static IGate Make(TransformerConfig config, LayerId layer, string prefix, WeightSource weight)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.OtherGate is { } options
            ? Make(
                new GateSite(layer, config.MoeLayerIds.Length, config.Experts, config.HiddenSize, config.Choices, prefix, weight), options)
            : new TopKGate(config.Gate, config.Experts, config.HiddenSize, prefix, weight);
    }

    /// <summary>Makes a gate that no layout has of its own.</summary>
    /// <param name="site">The layer that it is for, and where its weights come from.</param>
    /// <param name="options">Its kind and what this kind can be told.</param>
    public static IGate Make(GateSite site, GateOptions options)
    {
        ArgumentNullException.ThrowIfNull(site);
        ArgumentNullException.ThrowIfNull(options);
        return options.Kind switch
        {
            GateKind.TopP => new TopPGate(site, options),
            GateKind.NullExperts => new NullExpertGate(site, options),
            GateKind.CostFreeExperts => new CostFreeGate(site, options),
            GateKind.Recurrent => new RecurrentGate(site, options),
            GateKind.PreGate => new PreGate(site, options),
            GateKind.Random => new RandomGate(site, options),
            GateKind.ExpertChoice => new ExpertChoiceGate(site, options),
            GateKind.Domain => new DomainGate(site, options),
            _ => throw new ArgumentException($"{options.Kind} is the layout's own gate", nameof(options)),
        };
    }
}
