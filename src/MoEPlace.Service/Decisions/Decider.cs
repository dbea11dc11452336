using MoEPlace.Traces;

namespace MoEPlace.Service.Decisions;

/// <summary>Decides whether another placement is worth it. A pure function: the same input and window give the same decision on any machine.</summary>
public static class Decider
{
    /// <summary>Decides.</summary>
    /// <param name="input">What it depends on.</param>
    /// <param name="window">The routing that it is decided on.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static Decision Decide(DecisionInput input, RoutingTrace window, CancellationToken cancellation = default) => throw new NotImplementedException();
}
