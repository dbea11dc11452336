namespace MoEPlace.Placement.Solvers;

/// <summary>Limits of one solve, and where it may start.</summary>
public sealed record IntegerSolverOptions
{
    /// <summary>Wall-clock limit; above 0. Default one minute.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Limit in branch-and-bound nodes, 1 or more: ends at the same point on every machine. Default none.</summary>
    public int NodeLimit { get; init; } = int.MaxValue;

    /// <summary>The search may end when (objective - bound) / |objective| is at most this; 0 to 1. Default 0: prove it.</summary>
    public double RelativeGap { get; init; }

    /// <summary>[columns] values that satisfy the program, to start from; empty without.</summary>
    public ReadOnlyMemory<double> Start { get; init; }

    /// <summary>Throws unless these are options for <paramref name="program"/>.</summary>
    internal void Validate(IntegerProgram program)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(TimeLimit, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(NodeLimit, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(RelativeGap is >= 0 and <= 1, true, nameof(RelativeGap));
        if (!Start.IsEmpty)
            ArgumentOutOfRangeException.ThrowIfNotEqual(Start.Length, program.Columns);
    }
}
