using MoEPlace.Evaluation;

namespace MoEPlace.Simulation.Work;

/// <summary>What each rank has for each replica of a layer, where experts have a capacity.</summary>
internal sealed class ExpertRoom(int layer, MoEModel model, DispatchRule rule, Cluster cluster)
{
    private readonly int firstCell = layer * model.Experts;
    private readonly int replicas = rule.Start[(layer + 1) * model.Experts] - rule.Start[layer * model.Experts];
    private readonly int[] used =
        new int[checked(cluster.Ranks * (rule.Start[(layer + 1) * model.Experts] - rule.Start[layer * model.Experts]))];

    /// <summary>Counts one pair.</summary>
    /// <param name="source">The token's rank.</param>
    /// <param name="replica">The number of the replica in the layer.</param>
    internal void Note(int source, int replica) => used[source * replicas + replica]++;

    /// <summary>Sends full rooms; returns the pairs that found none.</summary>
    /// <param name="capacity">Room of every expert for the tokens of one rank; replicas that take turns share it, rounded up.</param>
    /// <param name="sources">The ranks that send.</param>
    /// <param name="loads">[replicas] what each computes; replaced.</param>
    /// <param name="route">Counts what travels.</param>
    internal long Fill(int capacity, ReadOnlySpan<int> sources, Span<int> loads, CopyRoute route)
    {
        long dropped = 0;
        var (start, ranks, firstReplica) = (rule.Start, rule.Ranks, rule.Start[firstCell]);
        loads.Clear();
        foreach (var source in sources)
        {
            for (var cell = firstCell; cell < firstCell + model.Experts; cell++)
            {
                var holders = ranks.AsSpan(start[cell]..start[cell + 1]);
                var (first, count) = DispatchRule.Candidates(holders, new RankId(source), cluster.RanksPerNode);
                var room = (capacity + count - 1) / count;
                for (var replica = start[cell] + first; replica < start[cell] + first + count; replica++)
                {
                    loads[replica - firstReplica] += room;
                    dropped += Math.Max(0, used[source * replicas + replica - firstReplica] - room);
                    route.Add(source, ranks[replica], room);
                }
            }
        }
        return dropped;
    }
}
