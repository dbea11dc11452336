namespace MoEPlace.Simulation.Streams;

/// <summary>The streams of a rank: operations of one stream run one after the other, in the order in which they were issued.</summary>
public enum StreamKind
{
    /// <summary>Kernels.</summary>
    Compute,

    /// <summary>Exchanges, where all share a stream.</summary>
    Communication,

    /// <summary>Exchanges inside nodes, where these have a stream of their own.</summary>
    IntraNode,

    /// <summary>Exchanges between nodes, where these have a stream of their own.</summary>
    InterNode,

    /// <summary>Transfers between the memories of a rank.</summary>
    Copy,
}
