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
        Check(faults, problem.Slice is not null, problem.Slice?.Split ?? TraceSplit.All);
        faults.ThrowIfAny();

        var slice = problem.Slice!;
        var run = new ValidationRun(problem, measure);
        var leftOut = new List<string>();
        var folds = HeldOutParts.Folds(run, slice, options.Folds, leftOut);
        var domains = HeldOutParts.Domains(run, slice, options.MostDomains, leftOut);
        var phases = HeldOutParts.Phases(run, slice, leftOut);
        var (drift, learning) = TrainAndTest(run, problem, options, leftOut);
        if (run.Solves == 0)
            throw new InputException([.. leftOut.Select(part => new InputFault(
                slice.Trace.Path, "--validate", part, "a recording of which something can be held out, such as one of two sequences"))]);
        if (!run.Run(solve, progress, cancellation))
            return null;
        var result = new ValidationResult(
            policy, measure.Key, run.Solves, run.SecondsPerSolve,
            folds.IsEmpty ? null : ValidationFolds.Of([.. folds.Select(f => f.Result(run))]),
            [.. domains.Select(d => d.Result(run))],
            [.. phases.Select(p => p.Result(run))],
            drift?.Result(run),
            learning?.Result(run),
            [.. leftOut],
            []);
        return result with { Warnings = ValidationWarnings.Of(result, problem.MaxImbalance) };
    }

    /// <summary>Notes what keeps a recording from being validated, before anything is solved.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="hasTokens">False for a recording of loads alone.</param>
    /// <param name="split">The split that is solved on.</param>
    public static void Check(InputFaults faults, bool hasTokens, TraceSplit split)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(hasTokens, "--validate", "a recording without tokens", "a trace: only tokens can be held out");
        faults.Require(split != TraceSplit.Test, "--split", "test", "train or all with --validate: the test split is what it judges on");
    }

    private static (DriftPlan? Drift, LearningPlan? Learning) TrainAndTest(
        ValidationRun run, PlacementProblem problem, ValidationOptions options, List<string> leftOut)
    {
        var trace = problem.Slice!.Trace;
        var train = Split(trace, TraceSplit.Train);
        var test = Split(trace, TraceSplit.Test);
        if (train is null || test is null)
        {
            var missing = train is null ? "train (sequence mod 5 is not 0)" : "test (sequence mod 5 is 0)";
            leftOut.Add($"drift and learning curve: no sequence of split {missing}");
            return (null, null);
        }
        var drift = new DriftPlan(run, train, test, options);
        var learning = new LearningPlan(run, train, test, options, problem.Seed);
        if (!learning.IsCurve)
            leftOut.Add("learning curve: the training part has one sequence");
        return (drift, learning.IsCurve ? learning : null);
    }

    private static TraceSlice? Split(RoutingTrace trace, TraceSplit split)
    {
        var holds = new TraceSlice(trace, TraceSplit.All).Runs().Any(run =>
        {
            foreach (var sequence in trace.Sequence(run.Row, run.Count))
                if (sequence % 5 == 0 == (split == TraceSplit.Test))
                    return true;
            return false;
        });
        return holds ? new TraceSlice(trace, split) : null;
    }
}
