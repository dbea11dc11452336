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
    internal ValidationCase Result(ValidationRun run) => new(
        Name, Solve.On.Tokens, Solve.Training, run.Contiguous(Solve.On), HeldOut.Tokens, Solve[HeldOut], run.Contiguous(HeldOut),
        Specialised?.Training);
}
