namespace MoEPlace.Placement.Solvers;

/// <summary>What an engine found.</summary>
/// <param name="Status">How the search ended.</param>
/// <param name="Objective">The value of <paramref name="Values"/>; null when there are none.</param>
/// <param name="Bound">Nothing that satisfies the program is below this; null when nothing is known.</param>
/// <param name="Values">[columns] integer columns rounded to whole numbers; empty unless optimal or feasible.</param>
/// <param name="Nodes">Branch-and-bound nodes.</param>
/// <param name="Seconds">Wall-clock seconds, the start of the engine included.</param>
public sealed record IntegerSolution(
    IntegerStatus Status,
    double? Objective,
    double? Bound,
    double[] Values,
    long Nodes,
    double Seconds)
{
    /// <summary>Makes a solution of what an engine returned, after checking it against the program; a start is never lost.</summary>
    internal static IntegerSolution Checked(
        string engine, IntegerProgram program, IntegerSolverOptions options, IntegerStatus status, ReadOnlySpan<double> values, double? bound,
        long nodes, double seconds)
    {
        if (status == IntegerStatus.LimitReached && !options.Start.IsEmpty && program.Violation(options.Start.Span) <= IntegerProgram.Tolerance)
        {
            status = IntegerStatus.Feasible;
            values = options.Start.Span;
        }
        var finiteBound = bound is { } b && double.IsFinite(b) && Math.Abs(b) < 1e30 ? bound : null;
        if (status is not (IntegerStatus.Optimal or IntegerStatus.Feasible))
            return new IntegerSolution(status, null, status == IntegerStatus.LimitReached ? finiteBound : null, [], nodes, seconds);
        if (values.Length != program.Columns)
            throw new IntegerSolverException($"{engine}: {values.Length} values for {program.Columns} columns.");
        var rounded = values.ToArray();
        for (var j = 0; j < rounded.Length; j++)
            if (program.IsInteger[j])
                rounded[j] = Math.Round(rounded[j]);
        if (program.Violation(rounded) is var violation && !(violation <= IntegerProgram.Tolerance))
        {
            // What an engine held when it was stopped may be half made: then it has found nothing.
            if (status == IntegerStatus.Feasible)
                return Checked(engine, program, options, IntegerStatus.LimitReached, [], bound, nodes, seconds);
            throw new IntegerSolverException($"{engine}: its solution violates the program by {violation:R}.");
        }
        return new IntegerSolution(status, program.ObjectiveOf(rounded), finiteBound, rounded, nodes, seconds);
    }
}
