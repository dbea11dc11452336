using MoEPlace.Results;
using MoEPlace.Traces;

namespace MoEPlace.Placement.Validation;

/// <summary>Answers whether the gain of a placement survives traffic that it was not solved on.</summary>
public static class PlacementValidation
{
    /// <summary>
    /// Solves a problem again and again on parts of its tokens and judges each placement on tokens that it has not seen: folds by sequence,
    /// domains, phases, windows of the test part, growing shares of the training part. What a recording cannot give is left out and named.
    /// </summary>
    /// <param name="problem">What was placed. Its time limit holds for all solves together, its iteration limit for each.</param>
    /// <param name="policy">The name of the policy.</param>
    /// <param name="measure">What is compared.</param>
    /// <param name="options">How finely the recording is divided.</param>
    /// <param name="solve">Solves a problem by the policy; it is given the problem on other tokens, and under a shorter limit.</param>
    /// <param name="progress">Told of all solves as of one search.</param>
    /// <param name="cancellation">Ends the validation, which then has no result.</param>
    /// <returns>The result; null when it was cancelled.</returns>
    /// <exception cref="InputException">
    /// The problem has no tokens or only those of the test split, an option is out of range, or the recording cannot be validated at all.
    /// </exception>
    public static ValidationResult? Run(
        PlacementProblem problem,
        string policy,
        ValidationMeasure measure,
        ValidationOptions options,
        Func<PlacementProblem, IProgress<SearchProgress>?, PlacementSolution> solve,
        IProgress<SearchProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(measure);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(solve);
        options.Validate();
        var faults = new InputFaults("place");
        var decodeAlone = DecodeTokens.Alone(problem.Objective, problem.Conditions);
        Check(faults, problem.Slice, decodeAlone);
        faults.ThrowIfAny();

        var plan = ValidationPlan.Of(problem.Slice!, options, problem.Seed, decodeAlone);
        var run = plan.Run;
        if (!run.Run(problem, measure, solve, progress, cancellation))
            return null;
        var result = new ValidationResult(
            policy, measure.Key, run.Solves, policy is "affinity" or "exflow" or "moetuner" ? run.SecondsPerSolve : null,
            plan.Folds.IsEmpty ? null : ValidationFolds.Of([.. plan.Folds.Select(f => f.Result(run))]),
            [.. plan.Domains.Select(d => d.Result(run))],
            [.. plan.Phases.Select(p => p.Result(run))],
            plan.Drift?.Result(run),
            plan.Learning?.Result(run),
            plan.LeftOut,
            []);
        return result with { Warnings = ValidationWarnings.Of(result, problem.MaxImbalance) };
    }

    /// <summary>Notes what keeps a recording from being validated, before anything is solved.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="slice">What is solved on; null for a recording without tokens.</param>
    /// <param name="decodeAlone">Whether only decoded tokens are solved on (<see cref="DecodeTokens.Alone"/>).</param>
    public static void Check(InputFaults faults, TraceSlice? slice, bool decodeAlone = false)
    {
        ArgumentNullException.ThrowIfNull(faults);
        if (!faults.Require(slice is not null, "--validate", "a recording without tokens", "a trace: only tokens can be held out")
            || !faults.Require(
                slice!.Split != TraceSplit.Test, "--split", "test", "train or all with --validate, which judges on the test split"))
            return;
        var plan = ValidationPlan.Of(slice, new ValidationOptions(), seed: 0, decodeAlone);
        if (plan.Run.Solves > 0)
            return;
        faults.AddRange(plan.LeftOut.Select(part => new InputFault(
            slice.Trace.Path, "--validate", part, "a recording of which something can be held out, such as one of two sequences")));
    }
}
