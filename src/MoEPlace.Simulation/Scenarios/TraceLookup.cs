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
        var (slice, _) = (RoutingSlices.Of(trace, routing, routing.Split), RoutingSlices.Of(trace, routing, solvedOn));
        return known[(routing, solvedOn)] = new TraceFacts(path, trace.Model, trace.HasTopOne, HighestHome(slice));
    }

    private static (long Row, int Home)? HighestHome(TraceSlice slice)
    {
        if (!slice.Trace.Columns.HasFlag(TraceColumns.Home))
            return null;
        var highest = (Row: 0L, Home: -1);
        foreach (var (row, count) in slice.Runs())
            foreach (var (i, home) in slice.Trace.Home(row, count).ToArray().Index())
                if (home > highest.Home)
                    highest = (row + i, home);
        return highest;
    }

    /// <summary>What a trace tells.</summary>
    /// <param name="Path">The trace.</param>
    /// <param name="Model">Its model.</param>
    /// <param name="HasTopOne">Whether a top-1 can be told.</param>
    /// <param name="HighestHome">The first of the selected rows with the highest home; null where it records none.</param>
    internal sealed record TraceFacts(string Path, MoEModel Model, bool HasTopOne, (long Row, int Home)? HighestHome);
}
