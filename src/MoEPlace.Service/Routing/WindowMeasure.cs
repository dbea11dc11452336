using System.Collections.Immutable;
using MoEPlace.Evaluation;
using MoEPlace.Traces;

namespace MoEPlace.Service.Routing;

/// <summary>Sends tokens through a placement by <see cref="DispatchRule"/> and counts what <see cref="PlacementCost"/> counts, and who sent to whom.</summary>
internal sealed class WindowMeasure
{
    private const int Several = -1;
    private readonly ExpertPlacement placement;
    private readonly DispatchRule rule;
    private readonly bool coherent;
    private readonly int layers, experts, topK, ranks;

    /// <summary>[layers, experts] the rank of an expert that has one.</summary>
    private readonly int[] onlyRank;
    private readonly int[] reached;
    private readonly long[] load;
    private readonly long[] traffic;
    private readonly long[] pairs;
    private readonly long[] gpuCrossings;
    private long nodeCrossings;

    internal WindowMeasure(MoEModel model, ExpertPlacement placement, Residency residency)
    {
        this.placement = placement;
        rule = new DispatchRule(placement);
        coherent = residency == Residency.Coherent;
        (layers, experts, topK, ranks) = (model.Layers, model.Experts, model.TopK, placement.Ranks);
        onlyRank = new int[layers * experts];
        for (var cell = 0; cell < onlyRank.Length; cell++)
        {
            var holders = placement.RanksOf(new LayerId(cell / experts), new ExpertId(cell % experts));
            onlyRank[cell] = holders.Length == 1 ? holders[0] : Several;
        }
        reached = new int[topK];
        load = new long[layers * ranks];
        traffic = new long[ranks * ranks];
        pairs = new long[layers];
        gpuCrossings = new long[layers];
    }

    /// <summary>Sends one token.</summary>
    /// <param name="choices">[layers, topK] by falling weight.</param>
    /// <param name="home">Where it lives.</param>
    /// <param name="decoded">Whether it was decoded: coherent, it then stays with its experts.</param>
    /// <param name="ordinal">Its number among those that are sent.</param>
    internal void Add(ReadOnlySpan<ushort> choices, int home, bool decoded, long ordinal)
    {
        var travels = coherent && decoded;
        var (at, follows) = (home, false);
        for (var layer = 0; layer < layers; layer++)
        {
            var source = travels ? at : home;
            var top = RoutingTrace.NoExpert;
            var count = 0;
            foreach (var expert in choices.Slice(layer * topK, topK))
            {
                if (expert == RoutingTrace.NoExpert)
                    continue;
                if (top == RoutingTrace.NoExpert)
                    top = expert;
                var rank = RankOf(layer, expert, source, ordinal);
                load[layer * ranks + rank]++;
                if (!reached.AsSpan(0, count).Contains(rank))
                    reached[count++] = rank;
            }
            if (top != RoutingTrace.NoExpert)
            {
                var next = RankOf(layer, top, at, ordinal);
                if (follows)
                    CountPair(layer, at, next);
                at = next;
            }
            follows = top != RoutingTrace.NoExpert;
            var back = travels ? at : home;
            foreach (var rank in reached.AsSpan(0, count))
            {
                traffic[source * ranks + rank]++;
                traffic[rank * ranks + back]++;
            }
        }
    }

    /// <summary>What all of them came to.</summary>
    internal RoutingMeasures Result(long tokens)
    {
        var sent = ImmutableArray.CreateBuilder<float>(traffic.Length);
        var (away, far, each) = (0L, 0L, placement.RanksPerNode);
        for (var i = 0; i < traffic.Length; i++)
        {
            var (from, to) = (i / ranks, i % ranks);
            sent.Add(from == to ? 0 : traffic[i]);
            away += from == to ? 0 : traffic[i];
            far += from / each == to / each ? 0 : traffic[i];
        }
        var byLayer = ImmutableArray.CreateBuilder<double>(layers - 1);
        for (var layer = 1; layer < layers; layer++)
            byLayer.Add(pairs[layer] == 0 ? 0 : (double)gpuCrossings[layer] / pairs[layer]);
        var all = pairs.Sum();
        var spread = (double)tokens * layers;
        return new RoutingMeasures(
            tokens, all == 0 ? null : (double)gpuCrossings.Sum() / all, all == 0 ? null : (double)nodeCrossings / all, byLayer.MoveToImmutable(),
            Imbalance(rank => load[rank]), [.. load.Select(pairs => (float)pairs)], sent.MoveToImmutable(),
            spread == 0 ? null : away / spread, spread == 0 ? null : far / spread);
    }

    /// <summary>What loads without tokens come to: replicas share them evenly.</summary>
    /// <param name="counts">[layers, experts].</param>
    /// <param name="tokens">Tokens that they are of.</param>
    internal RoutingMeasures OfCounts(ReadOnlySpan<double> counts, long tokens)
    {
        var loads = new double[load.Length];
        for (var cell = 0; cell < counts.Length; cell++)
        {
            var holders = placement.RanksOf(new LayerId(cell / experts), new ExpertId(cell % experts));
            foreach (var rank in holders)
                loads[cell / experts * ranks + rank] += counts[cell] / holders.Length;
        }
        return new RoutingMeasures(tokens, null, null, [], Imbalance(at => loads[at]), [.. loads.Select(pairs => (float)pairs)], []);
    }

    private int RankOf(int layer, int expert, int source, long ordinal) => onlyRank[layer * experts + expert] is >= 0 and var only
        ? only
        : rule.Choose(new LayerId(layer), new ExpertId(expert), new RankId(source), ordinal).Value;

    private void CountPair(int layer, int from, int to)
    {
        pairs[layer]++;
        if (from == to)
            return;
        gpuCrossings[layer]++;
        if (from / placement.RanksPerNode != to / placement.RanksPerNode)
            nodeCrossings++;
    }

    /// <summary>Busiest rank over mean, mean over the layers that have load; 1 without any.</summary>
    private double Imbalance(Func<int, double> loadOf)
    {
        var (sum, counted) = (0.0, 0);
        var ofLayer = new double[ranks];
        for (var layer = 0; layer < layers; layer++)
        {
            for (var rank = 0; rank < ranks; rank++)
                ofLayer[rank] = loadOf(layer * ranks + rank);
            if (LoadImbalance.Ratio(ofLayer) is not { } ratio)
                continue;
            sum += ratio;
            counted++;
        }
        return counted == 0 ? 1 : sum / counted;
    }
}
