using System.Diagnostics;

namespace MoEPlace.Placement.Policies;

/// <summary>Every split of the experts into equal ranks is equally likely, layer by layer; the seed of the problem decides.</summary>
public static class RandomPolicy
{
    /// <summary>The name of the policy.</summary>
    public const string Name = "random";

    /// <summary>Places a problem; the objective of the solution is the imbalance.</summary>
    /// <exception cref="InputException">The problem has redundant slots.</exception>
    public static PlacementSolution Place(PlacementProblem problem)
    {
        var started = Stopwatch.GetTimestamp();
        DirectSolution.RequireNoRedundantSlots(problem, Name);
        var experts = problem.Model.Experts;
        var rankOf = new int[problem.Model.Layers * experts];
        for (var layer = 0; layer < problem.Model.Layers; layer++)
        {
            var ranks = rankOf.AsSpan(layer * experts, experts);
            for (var e = 0; e < experts; e++)
                ranks[e] = e / problem.SlotsPerRank;
            new SeedStream(problem.Seed, "random placement", layer).Shuffle(ranks);
        }
        return DirectSolution.FromRanks(problem, Name, problem.Seed, started, rankOf);
    }
}
