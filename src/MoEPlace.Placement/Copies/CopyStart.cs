using System.Collections.Immutable;
using MoEPlace.Placement.Affinity;
using MoEPlace.Placement.Policies;

namespace MoEPlace.Placement.Copies;

/// <summary>
/// What a search starts from and is held to: which experts have replicas, a division that is balanced by load alone, and the most load of
/// a rank in every layer. Where that division exceeds the limit asked for, the layer is held to what it reaches.
/// </summary>
internal sealed class CopyStart
{
    private CopyStart(int items, int[] expertOf, int[] partOf, long[][] most, ImmutableArray<int> relaxedLayers) =>
        (Items, ExpertOf, PartOf, Most, RelaxedLayers) = (items, expertOf, partOf, most, relaxedLayers);

    /// <summary>Of every layer.</summary>
    public int Items { get; }

    /// <summary>[layers, items].</summary>
    public int[] ExpertOf { get; }

    /// <summary>[layers, items] no expert twice on a rank.</summary>
    public int[] PartOf { get; }

    /// <summary>[layers][ranks] the most load of each; long.MaxValue without a limit.</summary>
    public long[][] Most { get; }

    /// <summary>Layers for which no division within the limit was found.</summary>
    public ImmutableArray<int> RelaxedLayers { get; }

    /// <summary>Makes the start of a problem. Replicas go to the experts with the most load per replica, as EPLB gives them.</summary>
    public static CopyStart Of(PlacementProblem problem)
    {
        var (layers, experts, ranks) = (problem.Model.Layers, problem.Model.Experts, problem.Cluster.Ranks);
        if (problem.RedundantSlots == 0)
        {
            var limit = LoadLimit.Of(problem);
            return new CopyStart(
                experts, [.. Enumerable.Range(0, layers * experts).Select(cell => cell % experts)], limit.Balanced, limit.Most, limit.RelaxedLayers);
        }
        var items = problem.SlotsPerRank * ranks;
        var start = new CopyStart(items, new int[layers * items], new int[layers * items], new long[layers][], []);
        var relaxed = ImmutableArray.CreateBuilder<int>();
        for (var layer = 0; layer < layers; layer++)
        {
            var load = problem.Counts.Load(layer);
            var map = start.ExpertOf.AsSpan(layer * items, items);
            Eplb.Rebalance(load, 1, experts, items, 1, 1, ranks).CopyTo(map);
            EplbRepair.RepairLayer(map, load, ranks, problem.Cluster.RanksPerNode);
            var partOf = start.PartOf.AsSpan(layer * items, items);
            for (var slot = 0; slot < items; slot++)
                partOf[slot] = slot / problem.SlotsPerRank;
            var limit = problem.MaxImbalance is { } most ? (long)Math.Floor(most * Sum(load) / ranks + 1e-9) : long.MaxValue;
            var reached = Balance(load, map, partOf, ranks);
            Array.Fill(start.Most[layer] = new long[ranks], Math.Max(limit, reached));
            if (reached > limit)
                relaxed.Add(layer);
        }
        return new CopyStart(items, start.ExpertOf, start.PartOf, start.Most, relaxed.ToImmutable());
    }

    /// <summary>The division that is balanced by load alone, as a placement.</summary>
    public ExpertPlacement Place(PlacementProblem problem, PlacementProvenance provenance)
    {
        var (model, cluster) = (problem.Model, problem.Cluster);
        var slots = new ImmutableArray<ImmutableArray<int>>[model.Layers];
        for (var layer = 0; layer < slots.Length; layer++)
            slots[layer] = ToSlots(ExpertOf.AsSpan(layer * Items, Items), PartOf.AsSpan(layer * Items, Items), cluster.Ranks);
        return new ExpertPlacement(
            model.Name, model.HiddenLayers, model.MoeLayerIds, model.Experts, cluster.Nodes, cluster.RanksPerNode, [.. slots], provenance);
    }

    /// <summary>[rank][slot] -> expert of the items of a layer.</summary>
    public static ImmutableArray<ImmutableArray<int>> ToSlots(ReadOnlySpan<int> expertOf, ReadOnlySpan<int> partOf, int ranks)
    {
        var slots = new ImmutableArray<int>.Builder[ranks];
        for (var rank = 0; rank < ranks; rank++)
            slots[rank] = ImmutableArray.CreateBuilder<int>();
        for (var item = 0; item < partOf.Length; item++)
            slots[partOf[item]].Add(expertOf[item]);
        return [.. slots.Select(rank => rank.ToImmutable())];
    }

    /// <summary>Swaps slots of the busiest rank while that makes it lighter; returns its load then.</summary>
    private static long Balance(ReadOnlySpan<long> load, ReadOnlySpan<int> expertOf, Span<int> partOf, int ranks)
    {
        var count = new int[load.Length];
        foreach (var expert in expertOf)
            count[expert]++;
        var share = new long[expertOf.Length];
        for (var slot = 0; slot < share.Length; slot++)
            share[slot] = (load[expertOf[slot]] + count[expertOf[slot]] - 1) / count[expertOf[slot]];
        var rankLoad = new long[ranks];
        for (var slot = 0; slot < share.Length; slot++)
            rankLoad[partOf[slot]] += share[slot];
        while (true)
        {
            var busiest = Array.IndexOf(rankLoad, rankLoad.Max());
            var (best, bestA, bestB) = (rankLoad[busiest], -1, -1);
            for (var a = 0; a < share.Length; a++)
                for (var b = 0; partOf[a] == busiest && b < share.Length; b++)
                {
                    var shift = share[a] - share[b];
                    var most = Math.Max(rankLoad[busiest] - shift, rankLoad[partOf[b]] + shift);
                    if (partOf[b] != busiest && shift > 0 && most < best && !Holds(expertOf, partOf, partOf[b], expertOf[a])
                        && !Holds(expertOf, partOf, busiest, expertOf[b]))
                        (best, bestA, bestB) = (most, a, b);
                }
            if (bestA < 0)
                return rankLoad[busiest];
            rankLoad[busiest] -= share[bestA] - share[bestB];
            rankLoad[partOf[bestB]] += share[bestA] - share[bestB];
            (partOf[bestA], partOf[bestB]) = (partOf[bestB], partOf[bestA]);
        }
    }

    private static bool Holds(ReadOnlySpan<int> expertOf, ReadOnlySpan<int> partOf, int part, int expert)
    {
        for (var slot = 0; slot < expertOf.Length; slot++)
            if (expertOf[slot] == expert && partOf[slot] == part)
                return true;
        return false;
    }

    private static long Sum(ReadOnlySpan<long> values)
    {
        var sum = 0L;
        foreach (var value in values)
            sum += value;
        return sum;
    }
}
