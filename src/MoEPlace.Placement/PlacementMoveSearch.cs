using System.Collections.Immutable;

namespace MoEPlace.Placement;

/// <summary>Finds the moves between two placements of one shape, and who sends them.</summary>
internal sealed class PlacementMoveSearch(ExpertPlacement before, ExpertPlacement after)
{
    private readonly long[] sent = new long[before.Ranks];

    /// <summary>(layer, rank, expert) that both placements have.</summary>
    internal long SlotsKept { get; private set; }

    /// <summary>Old copies that no move takes the place of.</summary>
    internal long CopiesDropped { get; private set; }

    /// <summary>Distinct (layer, expert) among the moves.</summary>
    internal long MovedExperts { get; private set; }

    /// <summary>The moves, by layer, receiving rank and expert. To be called once.</summary>
    internal ImmutableArray<PlacementMove> Moves()
    {
        var moves = ImmutableArray.CreateBuilder<PlacementMove>();
        var arrivals = new List<(int To, int Expert, int From)>();
        for (var l = 0; l < before.Layers; l++)
        {
            var layer = new LayerId(l);
            arrivals.Clear();
            for (var e = 0; e < before.Experts; e++)
                AddArrivals(layer, new ExpertId(e), arrivals);
            arrivals.Sort();
            foreach (var (to, e, from) in arrivals)
            {
                var (expert, target) = (new ExpertId(e), new RankId(to));
                var source = Source(before.RanksOf(layer, expert), before.NodeOf(target));
                sent[source.Value]++;
                moves.Add(new PlacementMove(layer, expert, from < 0 ? null : new RankId(from), target, source));
            }
        }
        return moves.ToImmutable();
    }

    /// <summary>
    /// Adds the ranks that get an expert, each with a rank that gives it up: one on the same node if there is one, the lowest first; -1 for
    /// none.
    /// </summary>
    private void AddArrivals(LayerId layer, ExpertId expert, List<(int To, int Expert, int From)> arrivals)
    {
        var old = before.RanksOf(layer, expert);
        var now = after.RanksOf(layer, expert);
        if (old.SequenceEqual(now))
        {
            SlotsKept += old.Length;
            return;
        }
        var gone = Without(old, now);
        var come = Without(now, old);
        SlotsKept += old.Length - gone.Count;
        CopiesDropped += Math.Max(0, gone.Count - come.Count);
        MovedExperts += come.Count > 0 ? 1 : 0;
        var givers = new int[come.Count];
        for (var i = 0; i < come.Count; i++)
        {
            var node = before.NodeOf(new RankId(come[i]));
            var near = gone.FindIndex(rank => before.NodeOf(new RankId(rank)) == node);
            givers[i] = near < 0 ? -1 : gone[near];
            if (near >= 0)
                gone.RemoveAt(near);
        }
        for (int i = 0, next = 0; i < come.Count; i++)
        {
            if (givers[i] < 0 && next < gone.Count)
                givers[i] = gone[next++];
            arrivals.Add((come[i], expert.Value, givers[i]));
        }
    }

    /// <summary>The nearest holder: on the node first, then the one that has sent least so far, then the lowest.</summary>
    private RankId Source(ReadOnlySpan<int> holders, NodeId node)
    {
        var best = -1;
        var bestKey = (OtherNode: true, Sent: long.MaxValue);
        foreach (var rank in holders)
        {
            var key = (before.NodeOf(new RankId(rank)) != node, sent[rank]);
            if (best < 0 || key.CompareTo(bestKey) < 0)
                (best, bestKey) = (rank, key);
        }
        return new RankId(best);
    }

    private static List<int> Without(ReadOnlySpan<int> ranks, ReadOnlySpan<int> others)
    {
        var left = new List<int>();
        foreach (var rank in ranks)
            if (others.BinarySearch(rank) < 0)
                left.Add(rank);
        return left;
    }
}
