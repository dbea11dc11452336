namespace MoEPlace.Traces;

/// <summary>The optional columns of a trace.</summary>
[Flags]
public enum TraceColumns
{
    /// <summary>Only expert ids, sequence and position.</summary>
    None = 0,

    /// <summary>gate_weights.</summary>
    GateWeights = 1,

    /// <summary>step.</summary>
    Step = 2,

    /// <summary>home.</summary>
    Home = 4,

    /// <summary>phase.</summary>
    Phase = 8,

    /// <summary>domain.</summary>
    Domain = 16,
}
