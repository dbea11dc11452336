namespace MoEPlace;

/// <summary>One direction of a port, as its rank sees it.</summary>
public enum PortDirection
{
    /// <summary>What leaves the rank.</summary>
    Out,

    /// <summary>What enters it.</summary>
    In,
}
