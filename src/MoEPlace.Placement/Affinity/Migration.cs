using System.Collections.Immutable;
using System.Diagnostics;
using MoEPlace.Results;

namespace MoEPlace.Placement.Affinity;

/// <summary>
/// Searches with a placement in force: first as if there were none, its ranks then renamed after those that hold most of the same
/// experts; then, from the placement in force, for what fewer moves can give.
/// </summary>
/// <param name="problem">A problem with a placement in force, and perhaps a budget.</param>
/// <param name="toChain">Makes the chain that is searched, of the load limits.</param>
internal sealed class Migration(PlacementProblem problem, Func<LoadLimit, ChainProblem> toChain)
{
    /// <summary>Share of the time limit that goes to the search without anything in force.</summary>
    private const double FreeShare = 0.5;

    /// <summary>Points of the curve that are judged.</summary>
    private const int MostPoints = 24;
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private MigrationFront? front;

    /// <summary>Experts that the budget lets move; long.MaxValue without one.</summary>
    private long MostMoves =>
        problem.MigrationBudgetBytes is { } bytes ? bytes / Math.Max(1, problem.Model.Dimensions!.ExpertBytes) : long.MaxValue;

    /// <summary>Searches.</summary>
    /// <param name="progress">Told several times a second.</param>
    /// <param name="toObjective">What a kept weight comes to in the objective; null when that cannot be told before the end.</param>
    /// <param name="cancellation">Ends the search with its best so far.</param>
    /// <exception cref="InputException">The moves that must be made exceed the budget.</exception>
    public AffinityFound Run(
        IProgress<SearchProgress>? progress, Func<ChainProblem, Func<long, double>>? toObjective, CancellationToken cancellation)
    {
        var limit = LoadLimit.Of(problem);
        var chain = toChain(limit);
        var start = MigrationStart.Of(problem, chain, limit, MostMoves);
        var free = new AffinitySearch(problem with { TimeLimit = FreeShare * problem.TimeLimit }, toChain)
            // What the free search reaches may be out of the budget's reach: told to nobody.
            .Run(progress, problem.MigrationBudgetBytes is null ? toObjective : null, cancellation);
        var named = GoHome(chain, free.RankOf, start.HomeOf);
        front = new MigrationFront(start.HomeOf);
        var freeMoves = front.Moves(named);
        // Beyond what the free search needs nothing is to be won.
        var most = Math.Min(MostMoves, freeMoves);
        var search = new MigrationSearch(
            chain, start, most, new SeedStream(problem.Seed, "migration"), () => cancellation.IsCancellationRequested || watch.Elapsed >= problem.TimeLimit);
        search.Front.Add(named, chain.KeptWeight(named));
        var paced = problem.IterationLimit == long.MaxValue;
        search.Run(problem.IterationLimit, paced ? (problem.TimeLimit - watch.Elapsed).TotalSeconds : double.PositiveInfinity);
        front = search.Front;
        var chosen = freeMoves <= MostMoves && !start.RelaxedLayers.SequenceEqual(free.RelaxedLayers)
            ? named
            : front.Within(MostMoves).PartOf;
        return free with { RankOf = chosen, RelaxedLayers = ReferenceEquals(chosen, named) ? free.RelaxedLayers : start.RelaxedLayers };
    }

    /// <summary>Gain against bytes moved: the placements found on the way that no other beats in both.</summary>
    /// <param name="objectiveOf">What a placement costs.</param>
    /// <returns>Bytes rise and objectives fall; empty where the size of an expert is unknown.</returns>
    public ImmutableArray<MigrationPoint> Curve(Func<ExpertPlacement, double> objectiveOf)
    {
        if (front is null || problem.Model.Dimensions is not { } dimensions)
            return [];
        var points = front.Points.Where(p => p.Moves <= MostMoves).ToArray();
        var curve = ImmutableArray.CreateBuilder<MigrationPoint>();
        var count = Math.Min(MostPoints, points.Length);
        for (var i = 0; i < count; i++)
        {
            var (moves, _, partOf) = points[count == 1 ? 0 : i * (points.Length - 1) / (count - 1)];
            var placement = ExpertPlacement.FromRanks(problem.Model, problem.Cluster, partOf, AffinityPolicy.Provenance(problem));
            var objective = objectiveOf(placement);
            if (curve.Count == 0 || objective < curve[^1].Objective)
                curve.Add(new MigrationPoint(moves * dimensions.ExpertBytes, objective));
        }
        return curve.ToImmutable();
    }

    private static int[] GoHome(ChainProblem chain, int[] rankOf, int[] homeOf)
    {
        var mateOf = new int[chain.Parts];
        new PartMatching(chain).GoHome(rankOf, homeOf, mateOf);
        return [.. rankOf.Select(rank => mateOf[rank])];
    }
}
