using MoEPlace.Traces;

namespace MoEPlace.Placement.Validation;

/// <summary>A placement that a validation needs: what it is solved on, and what it is judged on.</summary>
/// <param name="on">The tokens that it is solved on.</param>
internal sealed class PlannedSolve(TraceSlice on)
{
    private readonly Dictionary<TraceSlice, JudgedValue> values = new(ReferenceEqualityComparer.Instance);

    internal TraceSlice On { get; } = on;

    /// <summary>What it is judged on, its own tokens first.</summary>
    internal List<TraceSlice> Judged { get; } = [on];

    /// <summary>What it was judged to be on one of <see cref="Judged"/>.</summary>
    internal JudgedValue this[TraceSlice slice] => values[slice];

    /// <summary>Notes what it was judged to be.</summary>
    internal void Note(TraceSlice slice, JudgedValue value) => values[slice] = value;
}
