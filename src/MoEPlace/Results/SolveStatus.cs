namespace MoEPlace.Results;

/// <summary>What a search may claim of its result.</summary>
public enum SolveStatus
{
    /// <summary>Proven: nothing better exists.</summary>
    Optimal,

    /// <summary>Valid, found by a method that ended by itself and proves nothing.</summary>
    Feasible,

    /// <summary>Valid, the best when a limit ended the search.</summary>
    Limit,
}
