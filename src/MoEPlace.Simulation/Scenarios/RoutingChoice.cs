namespace MoEPlace.Simulation.Scenarios;

/// <summary>Where the choices of experts come from: a trace, or a random process; exactly one of them.</summary>
public sealed record RoutingChoice
{
    /// <summary>The path of a trace.</summary>
    public string? Trace { get; init; }

    /// <summary>A random process; its layers, experts and top-k are those of the scenario's model.</summary>
    public SyntheticChoice? Synthetic { get; init; }

    /// <summary>The sequences that are simulated. Default: test, those that no placement is solved on.</summary>
    public TraceSplit Split { get; init; } = TraceSplit.Test;

    /// <summary>Tokens of one phase alone, where the trace tells phases: prefill or decode. Default: both.</summary>
    public string? Phase { get; init; }

    /// <summary>
    /// Whether tokens live where the trace records it, which takes a cluster with all those ranks; else they are dealt evenly. Default:
    /// true.
    /// </summary>
    public bool RecordedHomes { get; init; } = true;

    /// <summary>Tokens of one domain alone, by its name in the trace. Default: all.</summary>
    public string? Domain { get; init; }
}
