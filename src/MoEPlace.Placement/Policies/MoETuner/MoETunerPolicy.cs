using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using MoEPlace.Placement.Solvers;
using MoEPlace.Results;

namespace MoEPlace.Placement.Policies.MoETuner;

/// <summary>
/// MoETuner (Go and Mahajan 2025): the experts of each layer are divided into clusters of like load by one integer program a layer
/// (<see cref="ClusterProgram"/>), which knows nothing of affinity; then clusters come to ranks so that little crosses between layers
/// (<see cref="ClusterChain"/>, <see cref="ClusterChainProgram"/>). No replicas.
/// </summary>
public static class MoETunerPolicy
{
    /// <summary>The name of the policy.</summary>
    public const string Name = "moetuner";

    /// <summary>Places a problem; the objective of the solution is the imbalance.</summary>
    /// <param name="problem">
    /// Top-1 transitions are needed. Its time limit is shared by all programs: those of the layers alike and, where ranks stand on several
    /// nodes, a quarter for the second program. Its iteration limit holds for the branch-and-bound nodes of each.
    /// </param>
    /// <param name="solver">The engine.</param>
    /// <param name="options">How it is solved; null for the defaults.</param>
    /// <param name="progress">Told after each layer, with the mean imbalance of the layers so far.</param>
    /// <param name="cancellation">Ends the search: layers not yet solved keep their balanced start.</param>
    /// <returns>Feasible, or limit where a limit ended a program; the reason says what was proven.</returns>
    /// <exception cref="InputException">The problem has redundant slots or no transitions, or the engine is missing.</exception>
    /// <exception cref="IntegerSolverException">The engine failed.</exception>
    public static PlacementSolution Place(
        PlacementProblem problem,
        IIntegerSolver solver,
        MoETunerOptions? options = null,
        IProgress<SearchProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        var started = Stopwatch.GetTimestamp();
        ArgumentNullException.ThrowIfNull(problem);
        DirectSolution.RequireEqualRanks(problem, Name);
        ArgumentNullException.ThrowIfNull(solver);
        options ??= new MoETunerOptions();
        Check(problem, options);
        var search = new MoETunerSearch(problem, solver, options, progress, cancellation);
        search.Run();
        var gap = options.RelativeGap.ToString("R", CultureInfo.InvariantCulture);
        var settings = ImmutableSortedDictionary.CreateRange(
            StringComparer.Ordinal, [KeyValuePair.Create("gap", gap), KeyValuePair.Create("solver", solver.Name)]);
        if (problem.Slice is { } slice)
            settings = settings.Add("split", slice.Selection);
        var placement = ExpertPlacement.FromRanks(
            problem.Model, problem.Cluster, search.RankOf, DirectSolution.Provenance(problem, Name, problem.Seed, settings));
        return DirectSolution.Judge(
            problem, started, placement, search.Limited ? SolveStatus.Limit : SolveStatus.Feasible, search.BranchNodes,
            $"clusters of {search.ProvenLayers} of {problem.Model.Layers} layers within the gap of {gap}; ranks by {search.RanksBy}");
    }

    private static void Check(PlacementProblem problem, MoETunerOptions options)
    {
        var faults = new InputFaults("place");
        faults.Require(
            problem.MaxImbalance is null, "--max-imbalance", problem.MaxImbalance,
            $"none with --policy {Name}, which balances as far as it can; affinity honours a limit");
        faults.Require(
            problem.RedundantSlots == 0, "--redundant", problem.RedundantSlots,
            $"0 with --policy {Name}, which makes no replicas; eplb and cooccurrence do");
        faults.Require(
            problem.Counts.HasTransitions, "trace choice_order", "unordered, without gate weights",
            $"a trace with a top-1 for --policy {Name}: gate weights, or choices by weight");
        options.Check(faults);
        faults.ThrowIfAny();
    }
}
