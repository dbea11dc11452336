namespace MoEPlace.Placement.Solvers;

/// <summary>An engine failed: it crashed, stalled, gave up for numerical reasons, or returned values that do not satisfy the program.</summary>
/// <param name="message">Which engine and what happened.</param>
/// <param name="inner">The cause, where there is one.</param>
public sealed class IntegerSolverException(string message, Exception? inner = null) : Exception(message, inner);
