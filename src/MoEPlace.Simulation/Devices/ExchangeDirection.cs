namespace MoEPlace.Simulation.Devices;

/// <summary>Which half of an MoE layer's exchange.</summary>
public enum ExchangeDirection
{
    /// <summary>To the experts.</summary>
    Dispatch,

    /// <summary>Back.</summary>
    Combine,
}
