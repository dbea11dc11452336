using System.Diagnostics;

namespace MoEPlace.Placement.Policies;

/// <summary>What engines do unless told otherwise: expert e of E on rank e / (E / ranks), in every layer.</summary>
public static class ContiguousPolicy
{
    /// <summary>The name of the policy.</summary>
    public const string Name = "contiguous";

    /// <summary>Places a problem; the objective of the solution is the imbalance.</summary>
    /// <exception cref="InputException">The problem has redundant slots.</exception>
    public static PlacementSolution Place(PlacementProblem problem)
    {
        var started = Stopwatch.GetTimestamp();
        DirectSolution.RequireNoRedundantSlots(problem, Name);
        var experts = problem.Model.Experts;
        var rankOf = new int[problem.Model.Layers * experts];
        for (var i = 0; i < rankOf.Length; i++)
            rankOf[i] = i % experts / problem.SlotsPerRank;
        return DirectSolution.FromRanks(problem, Name, 0, started, rankOf);
    }
}
