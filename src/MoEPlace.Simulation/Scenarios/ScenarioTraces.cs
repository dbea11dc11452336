using MoEPlace.Traces;
using MoEPlace.Traces.Synthesis;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>The traces of a run, each opened (or drawn) once for all variants that share it.</summary>
internal sealed class ScenarioTraces : IDisposable
{
    private readonly Dictionary<(string?, SyntheticChoice?, MoEModel?), RoutingTrace> open = [];

    /// <summary>The trace of a variant.</summary>
    /// <exception cref="InputException">It cannot be opened or drawn.</exception>
    internal RoutingTrace Open(ScenarioVariant variant, CancellationToken cancellation)
    {
        var (path, drawn) = (variant.Routing.Trace, variant.Routing.Synthetic);
        var key = (path, drawn, drawn is null ? null : variant.Model);
        if (!open.TryGetValue(key, out var trace))
            open[key] = trace = drawn is null ? RoutingTrace.Open(path!) : TraceSynthesis.Open(Options(drawn, variant), cancellation);
        return trace;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var trace in open.Values)
            trace.Dispose();
    }

    private static TraceSynthesisOptions Options(SyntheticChoice drawn, ScenarioVariant variant) => new()
    {
        Model = variant.Model,
        Tokens = drawn.Tokens,
        Sequences = drawn.Sequences,
        Affinity = drawn.Affinity,
        ZipfExponent = drawn.ZipfExponent,
        Seed = variant.Seed,
    };
}
