namespace MoEPlace.Simulation.Network;

/// <summary>Where weights and caches lie.</summary>
public enum MemoryTier
{
    /// <summary>The rank's device memory.</summary>
    Device,

    /// <summary>The memory of its node, behind the rank's host link.</summary>
    Host,

    /// <summary>The storage of its node, which all its ranks share.</summary>
    Storage,
}
