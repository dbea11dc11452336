using MoEPlace.Placement.Solvers;

namespace MoEPlace.Placement.Tests;

/// <summary>An engine that answers as it is told.</summary>
internal sealed class StubSolver(Func<IntegerProgram, IntegerSolverOptions, IntegerSolution> solve) : IIntegerSolver
{
    /// <summary>Finds nothing in time.</summary>
    internal static StubSolver Late { get; } = new((_, _) => new IntegerSolution(IntegerStatus.LimitReached, null, null, [], 1, 0));

    public string Name => "stub";

    public IntegerSolution Solve(IntegerProgram program, IntegerSolverOptions options, CancellationToken cancellation) => solve(program, options);
}
