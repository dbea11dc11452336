namespace MoEPlace.Executor.Gates;

/// <summary>Makes the gate of one layer.</summary>
public static class GateFactory
{
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
