using System.Collections.Immutable;
using static System.FormattableString;

namespace MoEPlace.Executor.Applying;

/// <summary>
/// The way from one placement to another in waves, each of which ends in a valid placement. A wave copies to each (layer, rank) as many experts
/// as it has free slots; then a rank drops what it shall not hold and some rank that shall hold it does. With one slot more on every rank than
/// the fuller of both placements needs there, there is always a way: copies of an expert never become more than the target has, so that a rank
/// that has no room for what it lacks faces another that has room.
/// </summary>
public sealed class MigrationPlan
{
    private MigrationPlan(ImmutableArray<MigrationWave> waves, string? refusal) => (Waves, Refusal) = (waves, refusal);

    /// <summary>The waves in their order; none where both are the same map, whatever the order of slots, or where there is no way.</summary>
    public ImmutableArray<MigrationWave> Waves { get; }

    /// <summary>Why there is no way; null where there is one.</summary>
    public string? Refusal { get; }

    /// <summary>Experts that travel.</summary>
    public int Moves => Waves.Sum(wave => wave.Moves.Length);

    /// <summary>Plans a migration. Same arguments, same plan.</summary>
    /// <param name="from">The placement in force.</param>
    /// <param name="to">The target.</param>
    /// <param name="slots">[layers] slots that every rank has in the layer, spare ones included.</param>
    public static MigrationPlan Make(ExpertPlacement from, ExpertPlacement to, ImmutableArray<int> slots)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        ArgumentOutOfRangeException.ThrowIfNotEqual(slots.Length, from.Layers);
        if (from.Experts != to.Experts || from.HiddenLayers != to.HiddenLayers || !from.MoeLayerIds.AsSpan().SequenceEqual(to.MoeLayerIds.AsSpan()))
            return Refused($"it places {to.Experts} experts in layers {Show(to)}, the job has {from.Experts} in layers {Show(from)}");
        if ((from.Nodes, from.RanksPerNode) != (to.Nodes, to.RanksPerNode))
            return Refused($"it is for {to.Nodes} nodes of {to.RanksPerNode} ranks, the job runs on {from.Nodes} of {from.RanksPerNode}");
        var layers = new LayerMigration[from.Layers];
        var sent = new long[from.Ranks];
        var waves = new List<(List<ExpertMove> Moves, ImmutableArray<ImmutableArray<int>>[] Slots)>();
        var refusals = new List<string>();
        for (var layer = 0; layer < layers.Length; layer++)
        {
            layers[layer] = new LayerMigration(from, to, new LayerId(layer), slots[layer]);
            if (layers[layer].Missing() is { } missing)
                refusals.Add(missing);
        }
        while (refusals.Count == 0 && Array.Exists(layers, layer => !layer.Done))
        {
            var moves = new List<ExpertMove>();
            foreach (var layer in layers.Where(layer => !layer.Done))
                if (!layer.Advance(moves, sent))
                    refusals.Add(layer.Stuck());
            waves.Add((moves, [.. layers.Select(layer => layer.Slots())]));
        }
        return refusals.Count > 0
            ? Refused(string.Join("; ", refusals.Take(MostReasons)))
            : new MigrationPlan([.. waves.Select((wave, i) => new MigrationWave([.. wave.Moves], After(i, wave.Slots)))], null);

        ExpertPlacement After(int wave, ImmutableArray<ImmutableArray<int>>[] after) => wave == waves.Count - 1
            ? to
            : new ExpertPlacement(
                to.Model, to.HiddenLayers, to.MoeLayerIds, to.Experts, to.Nodes, to.RanksPerNode, [.. after],
                to.Provenance with { Policy = Invariant($"{to.Provenance.Policy}, wave {wave + 1} of {waves.Count}") });
    }

    /// <summary>Reasons that are told; one of them is enough to mend.</summary>
    private const int MostReasons = 8;

    private static MigrationPlan Refused(string why) => new([], why);

    private static string Show(ExpertPlacement placement) => string.Join(", ", placement.MoeLayerIds);
}
