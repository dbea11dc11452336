using System.Collections.Immutable;
using System.Globalization;
using MoEPlace.Placement.Solvers;
using MoEPlace.Results;

namespace MoEPlace.Placement.Policies;

/// <summary>
/// ExFlow (Yao et al. 2024): the integer program of <see cref="ExFlowProgram"/>, solved for nodes first and then for the ranks of each
/// node. It sees crossings of top-1 experts between adjacent layers, nothing else: no load, no replicas. The paper's other order,
/// halving again and again ("bipart"), is not offered.
/// </summary>
public static class ExFlowPolicy
{
    /// <summary>The name of the policy.</summary>
    public const string Name = "exflow";

    /// <summary>Places a problem. Its objective is crossings, GPU crossings + weight x node crossings, whatever the problem names.</summary>
    /// <param name="problem">
    /// Top-1 transitions are needed. Its time limit holds for all solves together, its iteration limit for the branch-and-bound nodes
    /// of each.
    /// </param>
    /// <param name="solver">The engine.</param>
    /// <param name="options">How it is solved; null for the defaults.</param>
    /// <param name="progress">Told before each solve and at the end.</param>
    /// <param name="cancellation">Ends the search: what is not yet solved stays contiguous.</param>
    /// <returns>
    /// Optimal where one solve covers the whole (one node, or one rank per node) and was proven; else feasible, or limit where a limit
    /// ended a solve.
    /// </returns>
    /// <exception cref="InputException">The problem has a load limit, redundant slots or no transitions, or the engine is missing.</exception>
    /// <exception cref="IntegerSolverException">The engine failed.</exception>
    public static PlacementSolution Place(
        PlacementProblem problem,
        IIntegerSolver solver,
        ExFlowOptions? options = null,
        IProgress<SearchProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        DirectSolution.RequireEqualRanks(problem, Name);
        ArgumentNullException.ThrowIfNull(solver);
        options ??= new ExFlowOptions();
        Check(problem, options);
        var search = new ExFlowSearch(problem, solver, options, progress, cancellation);
        search.Run();
        var settings = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal,
        [
            KeyValuePair.Create("gap", options.RelativeGap.ToString("R", CultureInfo.InvariantCulture)),
            KeyValuePair.Create("solver", solver.Name),
        ]);
        if (problem.Slice is { } slice)
            settings = settings.Add("split", slice.Selection);
        var provenance = new PlacementProvenance(Name, problem.TraceDigest, settings, 0, MoEPlaceVersion.Current);
        var placement = ExpertPlacement.FromRanks(problem.Model, problem.Cluster, search.RankOf, provenance);
        return new PlacementSolution(placement, Summarize(problem, options, search), search.Seconds);
    }

    private static void Check(PlacementProblem problem, ExFlowOptions options)
    {
        var faults = new InputFaults("place");
        faults.Require(
            problem.MaxImbalance is null, "--max-imbalance", problem.MaxImbalance,
            $"none with --policy {Name}, whose program ignores load; affinity honours it");
        faults.Require(
            problem.RedundantSlots == 0, "--redundant", problem.RedundantSlots,
            $"0 with --policy {Name}, which makes no replicas; affinity and eplb do");
        faults.Require(
            problem.Counts.HasTransitions, "trace choice_order", "unordered, without gate weights",
            $"a trace with a top-1 for --policy {Name}: gate weights, or choices by weight");
        options.Check(faults);
        faults.ThrowIfAny();
    }

    private static SolveSummary Summarize(PlacementProblem problem, ExFlowOptions options, ExFlowSearch search)
    {
        var objective = search.Objective;
        var bound = search.Bound;
        var whole = problem.Cluster.Nodes == 1 || problem.Cluster.RanksPerNode == 1;
        var proven = whole && (search.EveryStageProven && options.RelativeGap == 0 || bound >= objective);
        // The engine's bound is exact but for rounding: proven means that they are the same.
        bound = proven ? objective : bound;
        var status = proven ? SolveStatus.Optimal : search.StopReasons.Count > 0 ? SolveStatus.Limit : SolveStatus.Feasible;
        var reason =
            search.StopReasons.Count > 0 ? string.Join("; ", search.StopReasons)
            : proven ? "proven optimal"
            : whole ? $"within the gap of {options.RelativeGap.ToString("R", CultureInfo.InvariantCulture)}"
            : "every program solved; nodes before ranks proves nothing of the whole";
        double? gap = bound is { } b ? objective == 0 ? 0 : Math.Max(0, (objective - b) / objective) : null;
        return new SolveSummary(status, "crossing", objective, bound, gap, search.BranchNodes, proven ? "proven optimal" : reason, []);
    }
}
