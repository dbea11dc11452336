namespace MoEPlace;

/// <summary>A kind of port of a rank.</summary>
public enum PortKind
{
    /// <summary>To the other ranks of its node.</summary>
    IntraNode,

    /// <summary>To other nodes.</summary>
    Nic,

    /// <summary>To the memory of its node.</summary>
    HostLink,
}
