namespace MoEPlace.Executor.Models;

/// <summary>What is normalised between the projections of queries and keys and their rotation.</summary>
public enum QueryKeyNorm
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Each head by itself, with one weight for all.</summary>
    Head,

    /// <summary>The whole projection.</summary>
    Projection,
}
