using System.Collections.Immutable;

namespace MoEPlace.Placement.EngineMaps;

/// <summary>What an engine's map does not say of itself, and what it is checked against.</summary>
public sealed record EngineMapContext
{
    /// <summary>States the shape that a map must have.</summary>
    /// <exception cref="InputException">A size is out of range.</exception>
    public EngineMapContext(string model, int hiddenLayers, ImmutableArray<int> moeLayerIds, int experts, int nodes, int ranksPerNode)
    {
        var faults = new InputFaults("engine map context");
        PlacementCheck.CheckShape(faults, hiddenLayers, moeLayerIds, experts, nodes, ranksPerNode);
        faults.ThrowIfAny();
        Model = model;
        HiddenLayers = hiddenLayers;
        MoeLayerIds = moeLayerIds;
        Experts = experts;
        Nodes = nodes;
        RanksPerNode = ranksPerNode;
    }

    /// <summary>The name of the model.</summary>
    public string Model { get; }

    /// <summary>All layers of the model, dense ones included.</summary>
    public int HiddenLayers { get; }

    /// <summary>The model layer id of each MoE layer, rising.</summary>
    public ImmutableArray<int> MoeLayerIds { get; }

    /// <summary>Number of MoE layers.</summary>
    public int Layers => MoeLayerIds.Length;

    /// <summary>Logical experts per layer.</summary>
    public int Experts { get; }

    /// <summary>Nodes.</summary>
    public int Nodes { get; }

    /// <summary>Ranks on each node.</summary>
    public int RanksPerNode { get; }

    /// <summary>All ranks: what the engines call the expert-parallel size.</summary>
    public int Ranks => Nodes * RanksPerNode;

    /// <summary>The context of a model on some nodes.</summary>
    /// <exception cref="InputException">A size is out of range.</exception>
    public static EngineMapContext Of(MoEModel model, int nodes, int ranksPerNode)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new EngineMapContext(model.Name, model.HiddenLayers, model.MoeLayerIds, model.Experts, nodes, ranksPerNode);
    }

    /// <summary>The context that reads an exported placement back.</summary>
    public static EngineMapContext Of(ExpertPlacement placement)
    {
        ArgumentNullException.ThrowIfNull(placement);
        return new EngineMapContext(
            placement.Model, placement.HiddenLayers, placement.MoeLayerIds, placement.Experts, placement.Nodes, placement.RanksPerNode);
    }

    /// <summary>Equal when all members are, layer ids one by one.</summary>
    public bool Equals(EngineMapContext? other) =>
        other is not null && Model == other.Model && HiddenLayers == other.HiddenLayers && Experts == other.Experts && Nodes == other.Nodes
        && RanksPerNode == other.RanksPerNode && MoeLayerIds.AsSpan().SequenceEqual(other.MoeLayerIds.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Model, HiddenLayers, Experts, Nodes, RanksPerNode, MoeLayerIds.Length);
}
