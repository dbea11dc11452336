using MoEPlace.Traces;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>What the checks of a scenario need to know of the traces that it names, each opened once and closed again.</summary>
internal sealed class TraceLookup
{
    private readonly Dictionary<(RoutingChoice, TraceSplit), TraceFacts> known = [];

    /// <summary>What the trace of a routing tells; null for synthetic routing.</summary>
    /// <param name="routing">Its path is absolute.</param>
    /// <param name="solvedOn">The sequences that a placement is solved on.</param>
    /// <param name="file">The scenario, for faults.</param>
    /// <param name="field">The routing in it.</param>
    /// <exception cref="InputException">It is no trace, or there is no token of what is selected.</exception>
    internal TraceFacts? Find(RoutingChoice routing, TraceSplit solvedOn, string file, string field)
    {
        if (routing.Trace is not { } path)
            return null;
        if (known.TryGetValue((routing, solvedOn), out var facts))
            return facts;
        using var trace = RoutingTrace.Open(path);
        var faults = new InputFaults(file);
        RoutingSlices.Check(trace, routing, field, faults);
        faults.ThrowIfAny();
        var (tokens, _) = (RoutingSlices.Of(trace, routing, routing.Split).Tokens, RoutingSlices.Of(trace, routing, solvedOn));
        return known[(routing, solvedOn)] = new TraceFacts(path, trace.Model, trace.HasTopOne, tokens);
    }

    /// <summary>What a trace tells.</summary>
    internal sealed record TraceFacts(string Path, MoEModel Model, bool HasTopOne, long Tokens);
}
