using MoEPlace.Results;
using MoEPlace.Traces;

namespace MoEPlace.Placement.Validation;

/// <summary>A case that is planned: solved on some tokens, judged on others.</summary>
/// <param name="Name">What it is judged on.</param>
/// <param name="Solve">The placement.</param>
/// <param name="HeldOut">The tokens that it is judged on.</param>
/// <param name="Specialised">A placement that is solved on those; null for none.</param>
internal sealed record HeldOutPlan(string Name, PlannedSolve Solve, TraceSlice HeldOut, PlannedSolve? Specialised)
{
    /// <summary>The case, once the run is over.</summary>
    internal ValidationCase Result(ValidationRun run)
    {
        var (training, heldOut, contiguous) = (Solve[Solve.On], Solve[HeldOut], run.Contiguous(HeldOut));
        return new ValidationCase(
            Name, Solve.On.Tokens, training.Measure, run.Contiguous(Solve.On).Measure,
            HeldOut.Tokens, heldOut.Measure, contiguous.Measure,
            training.Imbalance, heldOut.Imbalance, contiguous.Imbalance,
            Specialised?[HeldOut].Measure);
    }
}
