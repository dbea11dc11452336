using System.Collections.Immutable;

namespace MoEPlace.Placement;

/// <summary>No placement can hold all that was asked for: proven before any search. The command ends with exit code 1.</summary>
public sealed class InfeasibleException : Exception
{
    /// <summary>Reports what excludes each other.</summary>
    /// <param name="conflicts">At least one.</param>
    public InfeasibleException(IEnumerable<string> conflicts)
        : this([.. conflicts])
    {
    }

    private InfeasibleException(ImmutableArray<string> conflicts)
        : base(string.Join('\n', conflicts)) => Conflicts = conflicts;

    /// <summary>Each names the constraints that conflict, and by how much.</summary>
    public ImmutableArray<string> Conflicts { get; }
}
