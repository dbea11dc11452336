using System.Diagnostics;
using System.Globalization;

namespace MoEPlace.Placement.Policies;

/// <summary>
/// DeepSeek's load balancer (<see cref="Eplb"/>) on the load of the problem, with a replica for each redundant slot. Where it puts two
/// replicas of one expert on one rank, <see cref="EplbRepair"/> parts them.
/// </summary>
public static class EplbPolicy
{
    /// <summary>The name of the policy.</summary>
    public const string Name = "eplb";

    /// <summary>Places a problem; the objective of the solution is the imbalance.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="expertGroups">
    /// Groups of consecutive experts that the model's gate chooses among first, a divisor of the experts; 1 for models without groups. A
    /// multiple of the nodes keeps each group on one node, as far as <see cref="EplbRepair"/> allows.
    /// </param>
    /// <exception cref="InputException">The groups do not divide the experts.</exception>
    public static PlacementSolution Place(PlacementProblem problem, int expertGroups = 1)
    {
        var started = Stopwatch.GetTimestamp();
        ArgumentNullException.ThrowIfNull(problem);
        DirectSolution.RequireEqualRanks(problem, Name);
        var (model, cluster) = (problem.Model, problem.Cluster);
        if (expertGroups < 1 || model.Experts % expertGroups != 0)
            throw new InputException("place", "expert groups", expertGroups, $"a divisor of the {model.Experts} experts");
        var slots = problem.SlotsPerRank * cluster.Ranks;
        var map = Eplb.Rebalance(
            problem.Counts.AllLoad, model.Layers, model.Experts, slots, expertGroups, cluster.Nodes, cluster.Ranks).Chunk(slots).ToArray();
        for (var layer = 0; layer < map.Length; layer++)
            EplbRepair.RepairLayer(map[layer], problem.Counts.Load(layer), cluster.Ranks, cluster.RanksPerNode);
        var options = DirectSolution.Options(problem).Add("expertGroups", expertGroups.ToString(CultureInfo.InvariantCulture));
        var provenance = DirectSolution.Provenance(problem, Name, 0, options);
        return DirectSolution.Judge(problem, started, DirectSolution.FromSlots(problem, map, provenance));
    }
}
