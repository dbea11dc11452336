using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using MoEPlace.Results;

namespace MoEPlace.Placement.Affinity;

/// <summary>Places experts so that a token's top-1 experts of adjacent layers share a rank, or at least a node, under a load limit.</summary>
public static class AffinityPolicy
{
    /// <summary>Searches a placement.</summary>
    /// <param name="problem">What to place; its counts need top-1 transitions.</param>
    /// <param name="progress">Told several times a second.</param>
    /// <param name="cancellation">Ends the search; the best so far is returned.</param>
    /// <exception cref="InputException">The recording has no top-1, or redundant slots are asked for.</exception>
    public static PlacementSolution Place(PlacementProblem problem, IProgress<SearchProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.RedundantSlots != 0)
            throw new InputException("place", "--redundant", problem.RedundantSlots, "0 for policy affinity; eplb places redundant experts");
        if (!problem.Counts.HasTransitions)
            throw new InputException("place", "--policy", "affinity", "a trace whose top-1 can be told (gate weights, or choices by weight); eplb needs load only");
        var watch = Stopwatch.StartNew();
        var limit = LoadLimit.Of(problem);
        var chain = ChainProblem.OfCrossing(problem, limit.Most);
        var (rankOf, kept, rounds, reason) = new AffinitySearch(problem, chain, limit).Run(progress, cancellation);
        var objective = Objective(chain, kept);
        var summary = new SolveSummary(
            objective == 0 ? SolveStatus.Optimal : SolveStatus.Limit, "crossing", objective, 0, objective == 0 ? 0 : 1, rounds, reason, limit.RelaxedLayers);
        var placement = ExpertPlacement.FromRanks(problem.Model, problem.Cluster, rankOf, Provenance(problem));
        return new PlacementSolution(placement, summary, watch.Elapsed.TotalSeconds);
    }

    /// <summary>GPU crossings plus weighted node crossings of what is not kept.</summary>
    internal static double Objective(ChainProblem chain, long kept) => (chain.TotalWeight - kept) / (double)chain.RankWeight;

    private static PlacementProvenance Provenance(PlacementProblem problem)
    {
        var options = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        options["cluster"] = $"{problem.Cluster.Name} {problem.Cluster.Nodes}x{problem.Cluster.RanksPerNode}";
        options["objective"] = "crossing";
        if (problem.MaxImbalance is { } most)
            options["max-imbalance"] = most.ToString(CultureInfo.InvariantCulture);
        if (problem.Slice is { } slice)
            options["split"] = slice.Split.ToString().ToLowerInvariant();
        if (problem.IterationLimit != long.MaxValue)
            options["iteration-limit"] = problem.IterationLimit.ToString(CultureInfo.InvariantCulture);
        return new PlacementProvenance("affinity", problem.TraceDigest, options.ToImmutable(), problem.Seed, "0.1.0");
    }
}
