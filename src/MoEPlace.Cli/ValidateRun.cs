using System.CommandLine;
using MoEPlace.Placement;
using MoEPlace.Placement.Validation;
using MoEPlace.Results;

namespace MoEPlace.Cli;

/// <summary>
/// What <c>place --validate</c> adds: the placement takes half of the time limit, the placements that validate it the other half.
/// </summary>
internal static class ValidateRun
{
    /// <summary>The flag.</summary>
    public static Option<bool> Option() => new("--validate")
    {
        Description = "Also tell whether the gain holds on traffic that was not solved on: folds, domains, phases, drift, learning curve. "
            + "The placement takes half of the time limit, these solves share the other half.",
    };

    /// <summary>Notes what keeps a recording from being validated.</summary>
    public static void Check(InputFaults faults, Recording recording, TraceSplit split, bool decodeAlone)
    {
        var slice = recording.HasTokens ? faults.Try(() => recording.Slice(split, decodeAlone)) : null;
        if (slice is not null || !recording.HasTokens)
            PlacementValidation.Check(faults, slice, decodeAlone);
    }

    /// <summary>A problem with half of its time.</summary>
    public static PlacementProblem HalfTime(PlacementProblem problem) =>
        problem with { TimeLimit = new TimeSpan(Math.Max(1, problem.TimeLimit.Ticks / 2)) };

    /// <summary>Validates; null when it was interrupted.</summary>
    /// <param name="terminal">Where progress goes.</param>
    /// <param name="problem">What was placed, with the time for all further solves.</param>
    /// <param name="policy">By which it was placed.</param>
    /// <param name="solver">The integer solver of exflow.</param>
    /// <param name="objectiveName">As the solution names it.</param>
    /// <param name="cancellation">Ends it.</param>
    public static ValidationResult? Run(
        Terminal terminal, PlacementProblem problem, string policy, string solver, string objectiveName, CancellationToken cancellation)
    {
        ValidationResult? result;
        using (var bar = SearchBar.On(terminal.ErrorWriter, "validate"))
        {
            result = PlacementValidation.Run(
                problem, policy, ValidationMeasure.For(objectiveName), new ValidationOptions(),
                (part, progress) => PolicyChoice.Place(policy, part, solver, progress, cancellation), bar, cancellation);
        }
        if (result is null)
            terminal.Error("validation: interrupted, so it has no result");
        return result;
    }
}
