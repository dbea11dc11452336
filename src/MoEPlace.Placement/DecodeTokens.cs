using MoEPlace.Evaluation;
using MoEPlace.Placement.Validation;
using MoEPlace.Traces;

namespace MoEPlace.Placement;

/// <summary>
/// The tokens that a search counts with residency coherent: those that were decoded. Prefill runs at home there, which is another rule
/// of what a token costs, so a placement is solved for the phase in which hidden states stay with their experts.
/// </summary>
public static class DecodeTokens
{
    /// <summary>True where only decoded tokens are solved on: hidden states that travel are what is minimised.</summary>
    /// <param name="objective">What is minimised; crossings are counted the same way in both phases.</param>
    /// <param name="conditions">Residency, and the step that is modelled.</param>
    public static bool Alone(PlacementObjective objective, EvaluationOptions conditions)
    {
        ArgumentNullException.ThrowIfNull(conditions);
        return conditions.RunsCoherent && objective != PlacementObjective.Crossing;
    }

    /// <summary>The decoded tokens of a slice; the slice itself where none of its tokens is recorded as prefill.</summary>
    /// <exception cref="InputException">All of its tokens are.</exception>
    public static TraceSlice Of(TraceSlice slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        var prefill = Prefill(slice);
        if (prefill == slice.Tokens)
            throw new InputException(
                slice.Trace.Path, "phase", $"prefill in all tokens of {slice.Selection}",
                "decoded tokens with --residency coherent, whose prefill runs at home; try --residency home or --objective crossing");
        return prefill == 0 ? slice : SliceParts.OfByte(slice, "decode", slice.Trace.Phase, 0, holds: false);
    }

    /// <summary>Tokens that are recorded as prefill.</summary>
    internal static long Prefill(TraceSlice slice) => SliceParts.CountBytes(slice, slice.Trace.Phase) is [var prefill, ..] ? prefill : 0;
}
