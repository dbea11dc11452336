namespace MoEPlace.Simulation.Network;

/// <summary>What a link is a direction of.</summary>
public enum LinkKind
{
    /// <summary>From a rank to the others of its node.</summary>
    IntraNodeOut,

    /// <summary>To a rank from the others of its node.</summary>
    IntraNodeIn,

    /// <summary>From the ranks of an adapter to other nodes.</summary>
    NicOut,

    /// <summary>To the ranks of an adapter from other nodes.</summary>
    NicIn,

    /// <summary>All that the ranks of a node move between each other.</summary>
    NodeSwitch,

    /// <summary>From a leaf switch to the spine.</summary>
    LeafUp,

    /// <summary>From the spine to a leaf switch.</summary>
    LeafDown,

    /// <summary>From a rank's device to the memory of its node.</summary>
    HostOut,

    /// <summary>To a rank's device from the memory of its node.</summary>
    HostIn,

    /// <summary>From the memory of a node to its storage.</summary>
    StorageOut,

    /// <summary>To the memory of a node from its storage.</summary>
    StorageIn,
}
