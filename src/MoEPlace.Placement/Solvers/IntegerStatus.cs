namespace MoEPlace.Placement.Solvers;

/// <summary>How a solve of an integer program ended.</summary>
public enum IntegerStatus
{
    /// <summary>Proven: nothing is better by more than the gap that was asked for.</summary>
    Optimal,

    /// <summary>A limit ended the search; the values satisfy the program.</summary>
    Feasible,

    /// <summary>Proven: nothing satisfies the program.</summary>
    Infeasible,

    /// <summary>The objective has no least value.</summary>
    Unbounded,

    /// <summary>A limit ended the search before anything was found.</summary>
    LimitReached,
}
