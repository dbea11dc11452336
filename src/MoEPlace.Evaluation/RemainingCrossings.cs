using System.Collections.Immutable;
using MoEPlace.Results;
using MoEPlace.Traces;

namespace MoEPlace.Evaluation;

/// <summary>Where the tokens go that still change rank under a placement.</summary>
public static class RemainingCrossings
{
    /// <summary>The pairs of experts that a report lists.</summary>
    public const int MostPairs = 24;

    /// <summary>
    /// The heaviest pairs of experts of adjacent layers that share no rank, most tokens first, then by layer and experts: whatever replica
    /// serves them, these tokens change rank. Without replicas the pairs are all that crosses; with replicas more tokens may.
    /// </summary>
    /// <param name="counts">Of the tokens that are judged.</param>
    /// <param name="placement">Of the same layers and experts.</param>
    /// <param name="most">Pairs to return at most, 0 or more.</param>
    /// <returns>Pairs with at least one token; none where the recording tells no top-1.</returns>
    public static ImmutableArray<CrossingPair> HeaviestPairs(RoutingCounts counts, ExpertPlacement placement, int most = MostPairs)
    {
        ArgumentNullException.ThrowIfNull(counts);
        ArgumentNullException.ThrowIfNull(placement);
        ArgumentOutOfRangeException.ThrowIfNegative(most);
        if (!counts.HasTransitions || most == 0)
            return [];
        // The lightest of those kept comes out first; of equals the last one found, so that what is left does not depend on the queue.
        var kept = new PriorityQueue<CrossingPair, (long Tokens, long Earliness)>();
        var n = counts.Experts;
        for (var layer = 0; layer + 1 < counts.Layers; layer++)
        {
            var transitions = counts.Transitions(layer);
            for (var cell = 0; cell < transitions.Length; cell++)
            {
                var tokens = transitions[cell];
                if (tokens == 0 || (kept.Count == most && tokens <= kept.Peek().Tokens))
                    continue;
                var from = placement.RanksOf(new LayerId(layer), new ExpertId(cell / n));
                var to = placement.RanksOf(new LayerId(layer + 1), new ExpertId(cell % n));
                if (Share(from, to))
                    continue;
                var ordinal = (long)layer * transitions.Length + cell;
                kept.Enqueue(new CrossingPair(layer, cell / n, cell % n, tokens, from[0], to[0]), (tokens, -ordinal));
                if (kept.Count > most)
                    kept.Dequeue();
            }
        }
        return
        [
            .. kept.UnorderedItems.Select(item => item.Element)
                .OrderByDescending(p => p.Tokens).ThenBy(p => p.FromLayer).ThenBy(p => p.FromExpert).ThenBy(p => p.ToExpert),
        ];
    }

    /// <summary>What crosses by layer, as the judge counted it, without pairs; null where no top-1 can be told.</summary>
    internal static RemainingTraffic? ByLayer(RoutingTally tally, bool hasTopOne) =>
        hasTopOne ? new RemainingTraffic([.. tally.Pairs[1..]], [.. tally.GpuCrossings[1..]], [.. tally.NodeCrossings[1..]], []) : null;

    private static bool Share(ReadOnlySpan<int> some, ReadOnlySpan<int> others)
    {
        foreach (var rank in some)
            if (others.BinarySearch(rank) >= 0)
                return true;
        return false;
    }
}
