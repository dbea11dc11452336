using System.CommandLine;
using MoEPlace.Placement;
using MoEPlace.Placement.Validation;
using MoEPlace.Results;

namespace MoEPlace.Cli;

/// <summary>
/// What <c>place --validate</c> adds: the placement takes half of the time limit, the placements that validate it the other half.
/// </summary>
internal sealed class ValidateRun
{
    private readonly Terminal terminal;
    private readonly PlacementProblem problem;

    /// <summary>Takes a half of the time limit of a problem.</summary>
    /// <param name="terminal">Where progress goes.</param>
    /// <param name="problem">What is placed; left with the other half.</param>
    public ValidateRun(Terminal terminal, ref PlacementProblem problem)
    {
        this.terminal = terminal;
        this.problem = problem = problem with { TimeLimit = new TimeSpan(Math.Max(1, problem.TimeLimit.Ticks / 2)) };
    }

    /// <summary>The flag.</summary>
    public static Option<bool> Option() => new("--validate")
    {
        Description = "Also tell whether the gain holds on traffic that was not solved on: folds, domains, phases, drift, learning curve. "
            + "The placement takes half of the time limit, these solves share the other half.",
    };

    /// <summary>Validates; null when it was interrupted.</summary>
    /// <param name="policy">By which the problem was placed.</param>
    /// <param name="solver">The integer solver of exflow.</param>
    /// <param name="objectiveName">As the solution names it.</param>
    /// <param name="cancellation">Ends it.</param>
    public ValidationResult? Run(string policy, string solver, string objectiveName, CancellationToken cancellation)
    {
        ValidationResult? result;
        using (var bar = SearchBar.On(terminal.ErrorWriter, "validate"))
        {
            result = cancellation.IsCancellationRequested ? null : PlacementValidation.Run(
                problem, policy, ValidationMeasure.For(objectiveName), new ValidationOptions(),
                (part, progress) => PolicyChoice.Place(policy, part, solver, progress, cancellation), bar, cancellation);
        }
        if (result is null)
            terminal.Error("validation: interrupted, no result; the placement is written");
        return result;
    }
}
