namespace MoEPlace.Placement;

/// <summary>What a search minimises, on the tokens that it is given.</summary>
public enum PlacementObjective
{
    /// <summary>
    /// GPU crossings of top-1 experts between adjacent layers, plus the node crossings times <see cref="Cluster.NodeCrossingWeight"/>.
    /// </summary>
    Crossing,

    /// <summary>Copies of hidden states to other ranks, plus those to other nodes times the same weight, under the chosen residency.</summary>
    Copies,

    /// <summary>The modelled seconds of one step.</summary>
    Step,
}
