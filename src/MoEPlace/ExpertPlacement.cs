using System.Collections.Immutable;

namespace MoEPlace;

/// <summary>
/// The map: which experts stand in the slots of which rank, in every layer. An existing object is valid
/// (<see cref="PlacementCheck"/>): every expert of a layer has a slot, no rank holds an expert twice in a layer.
/// </summary>
public sealed class ExpertPlacement : IEquatable<ExpertPlacement>
{
    private readonly int[] slots;
    private readonly int[] slotStart;
    private readonly int[] replicas;
    private readonly int[] replicaStart;

    /// <summary>Makes a placement.</summary>
    /// <param name="model">The name of the model.</param>
    /// <param name="hiddenLayers">All layers of the model, dense ones included.</param>
    /// <param name="moeLayerIds">The model layer id of each layer.</param>
    /// <param name="experts">Logical experts per layer.</param>
    /// <param name="nodes">Nodes.</param>
    /// <param name="ranksPerNode">Ranks on each node.</param>
    /// <param name="slots">[layer][rank][slot] -> expert.</param>
    /// <param name="provenance">How it came to be.</param>
    /// <exception cref="InputException">The slots are not a placement.</exception>
    public ExpertPlacement(
        string model,
        int hiddenLayers,
        ImmutableArray<int> moeLayerIds,
        int experts,
        int nodes,
        int ranksPerNode,
        ImmutableArray<ImmutableArray<ImmutableArray<int>>> slots,
        PlacementProvenance provenance)
    {
        var faults = new InputFaults("placement");
        PlacementCheck.Check(faults, hiddenLayers, moeLayerIds, experts, nodes, ranksPerNode, slots);
        faults.ThrowIfAny();
        Model = model;
        HiddenLayers = hiddenLayers;
        MoeLayerIds = moeLayerIds;
        Experts = experts;
        Nodes = nodes;
        RanksPerNode = ranksPerNode;
        Provenance = provenance;
        (this.slots, slotStart) = Flatten(slots);
        (replicas, replicaStart) = Invert();
    }

    /// <summary>The name of the model.</summary>
    public string Model { get; }

    /// <summary>All layers of the model, dense ones included.</summary>
    public int HiddenLayers { get; }

    /// <summary>The model layer id of each layer.</summary>
    public ImmutableArray<int> MoeLayerIds { get; }

    /// <summary>Number of MoE layers.</summary>
    public int Layers => MoeLayerIds.Length;

    /// <summary>Logical experts per layer.</summary>
    public int Experts { get; }

    /// <summary>Nodes.</summary>
    public int Nodes { get; }

    /// <summary>Ranks on each node.</summary>
    public int RanksPerNode { get; }

    /// <summary>All ranks.</summary>
    public int Ranks => Nodes * RanksPerNode;

    /// <summary>How it came to be.</summary>
    public PlacementProvenance Provenance { get; }

    /// <summary>True when some expert has more than one slot in some layer.</summary>
    public bool HasReplicas => slots.Length > Layers * Experts;

    /// <summary>Physical experts of a layer, over all ranks.</summary>
    public int SlotCount(LayerId layer) => slotStart[(layer.Value + 1) * Ranks] - slotStart[layer.Value * Ranks];

    /// <summary>Slots of the rank that has the most of a layer.</summary>
    public int MostSlots(LayerId layer)
    {
        var most = 0;
        for (var rank = 0; rank < Ranks; rank++)
            most = Math.Max(most, ExpertsOn(layer, new RankId(rank)).Length);
        return most;
    }

    /// <summary>The experts on a rank, in slot order.</summary>
    public ReadOnlySpan<int> ExpertsOn(LayerId layer, RankId rank)
    {
        var i = layer.Value * Ranks + rank.Value;
        return slots.AsSpan(slotStart[i]..slotStart[i + 1]);
    }

    /// <summary>The ranks that hold an expert, rising; at least one.</summary>
    public ReadOnlySpan<int> RanksOf(LayerId layer, ExpertId expert)
    {
        var i = layer.Value * Experts + expert.Value;
        return replicas.AsSpan(replicaStart[i]..replicaStart[i + 1]);
    }

    /// <summary>
    /// Which map this is: 64 hexadecimal digits, SHA-256 over its shape and over which experts each rank holds, in whatever slots and of whatever provenance.
    /// </summary>
    public string Digest => field ??= PlacementDigest.Of(this);

    /// <summary>The node of a rank.</summary>
    public NodeId NodeOf(RankId rank) => new(rank.Value / RanksPerNode);

    /// <summary>The same map with another provenance.</summary>
    public ExpertPlacement With(PlacementProvenance provenance) =>
        new(Model, HiddenLayers, MoeLayerIds, Experts, Nodes, RanksPerNode, ToSlots(), provenance);

    /// <summary>[layer][rank][slot] -> expert.</summary>
    public ImmutableArray<ImmutableArray<ImmutableArray<int>>> ToSlots() =>
    [
        .. Enumerable.Range(0, Layers).Select(layer => Enumerable.Range(0, Ranks)
            .Select(rank => ExpertsOn(new LayerId(layer), new RankId(rank)).ToImmutableArray())
            .ToImmutableArray()),
    ];

    /// <summary>Makes a placement without replicas.</summary>
    /// <param name="model">The model.</param>
    /// <param name="cluster">Nodes and ranks.</param>
    /// <param name="rankOf">[layers, experts] row-major -> rank; experts take the slots of their rank in rising order.</param>
    /// <param name="provenance">How it came to be.</param>
    public static ExpertPlacement FromRanks(MoEModel model, Cluster cluster, ReadOnlySpan<int> rankOf, PlacementProvenance provenance)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentOutOfRangeException.ThrowIfNotEqual(rankOf.Length, model.Layers * model.Experts);
        var slots = new ImmutableArray<ImmutableArray<int>>[model.Layers];
        for (var layer = 0; layer < model.Layers; layer++)
        {
            var ranks = new List<int>[cluster.Ranks];
            for (var r = 0; r < ranks.Length; r++)
                ranks[r] = [];
            for (var e = 0; e < model.Experts; e++)
                ranks[rankOf[layer * model.Experts + e]].Add(e);
            slots[layer] = [.. ranks.Select(r => r.ToImmutableArray())];
        }
        return new ExpertPlacement(
            model.Name, model.HiddenLayers, model.MoeLayerIds, model.Experts, cluster.Nodes, cluster.RanksPerNode, [.. slots], provenance);
    }

    /// <summary>Equal when the maps are, slot by slot; model name and provenance play no part.</summary>
    public bool Equals(ExpertPlacement? other) =>
        other is not null && HiddenLayers == other.HiddenLayers && Experts == other.Experts && Nodes == other.Nodes
        && RanksPerNode == other.RanksPerNode && MoeLayerIds.AsSpan().SequenceEqual(other.MoeLayerIds.AsSpan())
        && slotStart.AsSpan().SequenceEqual(other.slotStart) && slots.AsSpan().SequenceEqual(other.slots);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ExpertPlacement);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var expert in slots)
            hash.Add(expert);
        return hash.ToHashCode();
    }

    private static (int[] Slots, int[] Start) Flatten(ImmutableArray<ImmutableArray<ImmutableArray<int>>> slots)
    {
        var flat = new List<int>();
        var start = new List<int> { 0 };
        foreach (var rank in slots.SelectMany(layer => layer))
        {
            flat.AddRange(rank);
            start.Add(flat.Count);
        }
        return ([.. flat], [.. start]);
    }

    private (int[] Replicas, int[] Start) Invert()
    {
        var start = new int[Layers * Experts + 1];
        for (var i = 0; i < Layers * Ranks; i++)
            foreach (var expert in slots.AsSpan(slotStart[i]..slotStart[i + 1]))
                start[i / Ranks * Experts + expert + 1]++;
        for (var i = 1; i < start.Length; i++)
            start[i] += start[i - 1];
        var next = start.ToArray();
        var ranks = new int[slots.Length];
        for (var i = 0; i < Layers * Ranks; i++)
            foreach (var expert in slots.AsSpan(slotStart[i]..slotStart[i + 1]))
                ranks[next[i / Ranks * Experts + expert]++] = i % Ranks;
        return (ranks, start);
    }
}
