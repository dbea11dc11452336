namespace MoEPlace.Simulation.Schedules;

/// <summary>How a dispatch or a combine travels.</summary>
public enum AllToAllAlgorithm
{
    /// <summary>Every pair of ranks exchanges directly.</summary>
    Flat,

    /// <summary>
    /// Two dimensions (Tutel, section 3.4): inside the node first, so that a rank holds all that its node sends to ranks of its index;
    /// then between nodes, among ranks of one index.
    /// </summary>
    Hierarchical,

    /// <summary>
    /// One copy per token and node to the rank of the same index there, which hands it on inside its node at the same time (DeepEP).
    /// </summary>
    NodeDeduplicated,
}
