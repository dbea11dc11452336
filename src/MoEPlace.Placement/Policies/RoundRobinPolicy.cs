using System.Diagnostics;

namespace MoEPlace.Placement.Policies;

/// <summary>Experts dealt out like cards: expert e on rank e mod ranks, in every layer.</summary>
public static class RoundRobinPolicy
{
    /// <summary>The name of the policy.</summary>
    public const string Name = "round-robin";

    /// <summary>Places a problem; the objective of the solution is the imbalance.</summary>
    /// <exception cref="InputException">The problem has redundant slots.</exception>
    public static PlacementSolution Place(PlacementProblem problem)
    {
        var started = Stopwatch.GetTimestamp();
        DirectSolution.RequireNoRedundantSlots(problem, Name);
        var experts = problem.Model.Experts;
        var rankOf = new int[problem.Model.Layers * experts];
        for (var i = 0; i < rankOf.Length; i++)
            rankOf[i] = i % experts % problem.Cluster.Ranks;
        return DirectSolution.FromRanks(problem, Name, 0, started, rankOf);
    }
}
