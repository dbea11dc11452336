using System.Diagnostics;
using System.Globalization;

namespace MoEPlace.Placement.Policies;

/// <summary>
/// TensorRT-LLM's placement by co-occurrence (<see cref="CooccurrenceFilling"/>): ranks are filled one after another with experts that
/// tokens choose together, up to a share of slots and of the mean load, and the rest goes to the lightest ranks. Redundant slots take
/// replicas of the experts with the most load per replica. Where two replicas of one expert meet on one rank, <see cref="EplbRepair"/>
/// parts them.
/// </summary>
public static class CooccurrencePolicy
{
    /// <summary>The name of the policy.</summary>
    public const string Name = "cooccurrence";

    /// <summary>Places a problem; the objective of the solution is the imbalance.</summary>
    /// <param name="problem">A problem with tokens that choose two or more experts.</param>
    /// <param name="alpha">Share of a rank's slots, and of the mean load of the ranks, that is filled by co-occurrence; 0 to 1.</param>
    /// <exception cref="InputException">No tokens, one expert per token, or alpha is out of range.</exception>
    public static PlacementSolution Place(PlacementProblem problem, double alpha = 0.8)
    {
        var started = Stopwatch.GetTimestamp();
        DirectSolution.RequirePairs(problem, Name);
        DirectSolution.RequireEqualRanks(problem, Name);
        if (alpha is not (>= 0 and <= 1))
            throw new InputException("place", "alpha", alpha, "0 to 1");
        var (model, cluster) = (problem.Model, problem.Cluster);
        var slots = problem.SlotsPerRank * cluster.Ranks;
        var map = new int[model.Layers][];
        for (var layer = 0; layer < map.Length; layer++)
        {
            var load = problem.Counts.Load(layer);
            var copies = CooccurrenceFilling.Replicate(load, slots);
            map[layer] = CooccurrenceFilling.Fill(load, copies, problem.Counts.Coactivation(layer), cluster.Ranks, alpha);
            EplbRepair.RepairLayer(map[layer], load, cluster.Ranks, cluster.RanksPerNode);
        }
        var options = DirectSolution.Options(problem).Add("alpha", alpha.ToString("R", CultureInfo.InvariantCulture));
        var provenance = DirectSolution.Provenance(problem, Name, 0, options);
        return DirectSolution.Judge(problem, started, DirectSolution.FromSlots(problem, map, provenance));
    }
}
