namespace MoEPlace.Simulation.Schedules;

/// <summary>What tells the time of a rank's experts.</summary>
public enum ExpertKernelModel
{
    /// <summary>The step model's roofline on the data sheet's peaks.</summary>
    Roofline,

    /// <summary>The grouped kernel whose constants are fitted to measurements.</summary>
    Fused,
}
