using MoEPlace.Traces;

namespace MoEPlace.Placement.Validation;

/// <summary>A placement that a validation needs: what it is solved on, and what it is judged on.</summary>
/// <param name="on">The tokens that it is solved on.</param>
internal sealed class PlannedSolve(TraceSlice on)
{
    private readonly Dictionary<TraceSlice, double> measures = new(ReferenceEqualityComparer.Instance);

    internal TraceSlice On { get; } = on;

    /// <summary>What it is judged on, its own tokens first.</summary>
    internal List<TraceSlice> Judged { get; } = [on];

    /// <summary>The measure on the tokens that it was solved on.</summary>
    internal double Training => measures[On];

    /// <summary>The measure on one of <see cref="Judged"/>.</summary>
    internal double this[TraceSlice slice] => measures[slice];

    /// <summary>Notes a measure.</summary>
    internal void Note(TraceSlice slice, double measure) => measures[slice] = measure;
}
