using System.Collections.Immutable;

namespace MoEPlace.Placement;

/// <summary>Lets every expert that stays on its rank stay in its slot there.</summary>
public static class KeptSlots
{
    /// <summary>
    /// The same map with other slots: experts that a rank keeps stay in theirs, the others take what is free, in rising order; where a
    /// rank now holds fewer, slots close up.
    /// </summary>
    /// <param name="next">The map to be served.</param>
    /// <param name="current">The map in force, of the same layers and ranks.</param>
    /// <exception cref="ArgumentException">The two maps are of different shapes.</exception>
    public static ExpertPlacement Of(ExpertPlacement next, ExpertPlacement current)
    {
        ArgumentNullException.ThrowIfNull(next);
        ArgumentNullException.ThrowIfNull(current);
        if (current.Layers != next.Layers || current.Ranks != next.Ranks)
            throw new ArgumentException("The maps differ in layers or ranks.", nameof(current));
        var slots = Enumerable.Range(0, next.Layers).Select(layer => Enumerable.Range(0, next.Ranks)
            .Select(rank => Keep(
                next.ExpertsOn(new LayerId(layer), new RankId(rank)), current.ExpertsOn(new LayerId(layer), new RankId(rank))))
            .ToImmutableArray());
        return new ExpertPlacement(
            next.Model, next.HiddenLayers, next.MoeLayerIds, next.Experts, next.Nodes, next.RanksPerNode, [.. slots], next.Provenance);
    }

    private static ImmutableArray<int> Keep(ReadOnlySpan<int> next, ReadOnlySpan<int> current)
    {
        var slots = new int[Math.Max(next.Length, current.Length)];
        Array.Fill(slots, -1);
        for (var slot = 0; slot < current.Length; slot++)
            if (next.Contains(current[slot]))
                slots[slot] = current[slot];
        foreach (var expert in next)
            if (!current.Contains(expert))
                slots[Array.IndexOf(slots, -1)] = expert;
        return [.. slots.Where(expert => expert >= 0)];
    }
}
