using System.Collections.Immutable;
using MoEPlace.Traces;

namespace MoEPlace.Placement.Validation;

/// <summary>All that a validation solves and judges, before it is done.</summary>
/// <param name="Run">The placements that the parts need.</param>
/// <param name="Folds">Empty when left out.</param>
/// <param name="Domains">Empty when left out.</param>
/// <param name="Phases">Empty when left out.</param>
/// <param name="Drift">Null when left out.</param>
/// <param name="Learning">Null when left out.</param>
/// <param name="LeftOut">What the recording cannot give, each with the reason.</param>
internal sealed record ValidationPlan(
    ValidationRun Run,
    ImmutableArray<HeldOutPlan> Folds,
    ImmutableArray<HeldOutPlan> Domains,
    ImmutableArray<HeldOutPlan> Phases,
    DriftPlan? Drift,
    LearningPlan? Learning,
    ImmutableArray<string> LeftOut)
{
    /// <summary>Plans a validation.</summary>
    /// <param name="slice">The tokens that are solved on outside of it.</param>
    /// <param name="options">How finely it divides them.</param>
    /// <param name="seed">Of the order in which the learning curve takes sequences.</param>
    /// <param name="decodeAlone">Whether only decoded tokens are solved on, as in <paramref name="slice"/>.</param>
    internal static ValidationPlan Of(TraceSlice slice, ValidationOptions options, long seed, bool decodeAlone)
    {
        var (run, leftOut) = (new ValidationRun(), new List<string>());
        var folds = HeldOutParts.Folds(run, slice, options.Folds, leftOut);
        var domains = HeldOutParts.Domains(run, slice, options.MostDomains, leftOut);
        var phases = HeldOutParts.Phases(run, slice, leftOut);
        var all = new TraceSlice(slice.Trace, TraceSplit.All);
        var solvable = decodeAlone ? DecodeTokens.Of(all) : all;
        var (train, test) = (Split(solvable, TraceSplit.Train, decodeAlone), Split(solvable, TraceSplit.Test, decodeAlone));
        if (train is null || test is null)
        {
            var missing = train is null ? "train (sequence mod 5 is not 0)" : "test (sequence mod 5 is 0)";
            leftOut.Add($"drift and learning curve: no sequence of split {missing}");
            return new ValidationPlan(run, folds, domains, phases, null, null, [.. leftOut]);
        }
        var drift = new DriftPlan(run, train, test, options);
        var learning = new LearningPlan(run, train, test, options, seed);
        if (!learning.IsCurve)
            leftOut.Add("learning curve: the training part has one sequence");
        return new ValidationPlan(run, folds, domains, phases, drift, learning.IsCurve ? learning : null, [.. leftOut]);
    }

    private static TraceSlice? Split(TraceSlice all, TraceSplit split, bool decodeAlone)
    {
        var trace = all.Trace;
        var holds = all.Runs().Any(run =>
        {
            foreach (var sequence in trace.Sequence(run.Row, run.Count))
                if (sequence % 5 == 0 == (split == TraceSplit.Test))
                    return true;
            return false;
        });
        if (!holds)
            return null;
        var slice = new TraceSlice(trace, split);
        return decodeAlone ? DecodeTokens.Of(slice) : slice;
    }
}
