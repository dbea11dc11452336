using MoEPlace.Traces;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>The tokens of a trace that a scenario selects.</summary>
internal static class RoutingSlices
{
    private const string Prefill = "prefill", Decode = "decode";

    /// <summary>Notes what of a selection the trace does not tell.</summary>
    internal static void Check(RoutingTrace trace, RoutingChoice routing, string field, InputFaults faults)
    {
        faults.Require(
            routing.Phase is null || trace.Columns.HasFlag(TraceColumns.Phase), field + ".phase", routing.Phase,
            $"none: {trace.Path} tells no phases");
        var domains = trace.Columns.HasFlag(TraceColumns.Domain) ? trace.Header.Domains : [];
        faults.Require(
            routing.Domain is null || domains.Contains(routing.Domain), field + ".domain", routing.Domain,
            domains.IsEmpty ? $"none: {trace.Path} tells no domains" : string.Join(", ", domains));
    }

    /// <summary>Notes a phase that is none.</summary>
    internal static void CheckPhase(RoutingChoice routing, string field, InputFaults faults) =>
        faults.Require(routing.Phase is null or Prefill or Decode, field + ".phase", routing.Phase, $"{Prefill} or {Decode}");

    /// <summary>The tokens of a split, of the phase and the domain that the routing asks for.</summary>
    /// <exception cref="InputException">There is none.</exception>
    internal static TraceSlice Of(RoutingTrace trace, RoutingChoice routing, TraceSplit split)
    {
        var slice = new TraceSlice(trace, split);
        if (routing.Phase is { } phase)
            slice = slice.Where(phase, (row, keep) => Keep(trace.Phase(row, keep.Length), (byte)(phase == Decode ? 1 : 0), keep));
        if (routing.Domain is { } domain)
        {
            var number = (byte)trace.Header.Domains.IndexOf(domain);
            slice = slice.Where(domain, (row, keep) => Keep(trace.Domain(row, keep.Length), number, keep));
        }
        return slice;
    }

    private static void Keep(ReadOnlySpan<byte> values, byte wanted, Span<bool> keep)
    {
        for (var i = 0; i < keep.Length; i++)
            keep[i] = values[i] == wanted;
    }
}
