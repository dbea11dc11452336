namespace MoEPlace.Traces;

/// <summary>Where routing comes from; a synthetic trace stays marked as such through every result made of it.</summary>
public enum TraceOrigin
{
    /// <summary>Recorded from a run of a model.</summary>
    Measured,

    /// <summary>Drawn from a random process.</summary>
    Synthetic,
}
