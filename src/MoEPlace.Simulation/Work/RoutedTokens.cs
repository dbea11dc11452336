using MoEPlace.Evaluation;
using MoEPlace.Traces;

namespace MoEPlace.Simulation.Work;

/// <summary>The rows of a slice that steps of one phase take their tokens from.</summary>
public sealed class RoutedTokens
{
    /// <summary>Finds the rows of a phase: those that the trace records as such; all rows where it records none.</summary>
    public RoutedTokens(TraceSlice slice, ServingPhase phase)
    {
        ArgumentNullException.ThrowIfNull(slice);
        (Slice, Phase) = (slice, phase);
    }

    /// <summary>The slice.</summary>
    public TraceSlice Slice { get; }

    /// <summary>What the tokens are taken for.</summary>
    public ServingPhase Phase { get; }
}
