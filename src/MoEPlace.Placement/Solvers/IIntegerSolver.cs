namespace MoEPlace.Placement.Solvers;

/// <summary>An engine that solves mixed-integer linear programs.</summary>
public interface IIntegerSolver
{
    /// <summary>The name by which it is chosen: <c>cbc</c> or <c>highs</c>.</summary>
    public string Name { get; }

    /// <summary>Minimises a program within limits. Prints nothing, may be called from several threads.</summary>
    /// <param name="program">What is minimised.</param>
    /// <param name="options">Limits and a start.</param>
    /// <param name="cancellation">Ends the solve before its limit.</param>
    /// <exception cref="InputException">The engine is not installed; says how to install it.</exception>
    /// <exception cref="IntegerSolverException">The engine failed.</exception>
    /// <exception cref="OperationCanceledException">The solve was cancelled.</exception>
    public IntegerSolution Solve(IntegerProgram program, IntegerSolverOptions options, CancellationToken cancellation);
}
