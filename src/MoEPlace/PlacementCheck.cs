using System.Collections.Immutable;

namespace MoEPlace;

/// <summary>The one place that says what a valid placement is.</summary>
public static class PlacementCheck
{
    /// <summary>
    /// Notes every breach: nodes and ranks at least one; model layer ids rising; one entry per layer and per rank; every expert in at
    /// least one slot of each layer; no rank with one expert twice in a layer; expert ids in range.
    /// </summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="hiddenLayers">All layers of the model.</param>
    /// <param name="moeLayerIds">The model layer id of each layer.</param>
    /// <param name="experts">Logical experts per layer.</param>
    /// <param name="nodes">Nodes.</param>
    /// <param name="ranksPerNode">Ranks on each node.</param>
    /// <param name="slots">[layer][rank][slot] -> expert.</param>
    public static void Check(
        InputFaults faults,
        int hiddenLayers,
        ImmutableArray<int> moeLayerIds,
        int experts,
        int nodes,
        int ranksPerNode,
        ImmutableArray<ImmutableArray<ImmutableArray<int>>> slots)
    {
        ArgumentNullException.ThrowIfNull(faults);
        if (!CheckShape(faults, hiddenLayers, moeLayerIds, experts, nodes, ranksPerNode))
            return;
        if (!faults.Require(
            !slots.IsDefault && slots.Length == moeLayerIds.Length, "slots", slots.IsDefault ? null : slots.Length,
                $"{moeLayerIds.Length} layers, as in moeLayerIds"))
            return;
        for (var layer = 0; layer < slots.Length; layer++)
            CheckLayer(faults, $"slots[{layer}]", slots[layer], experts, nodes * ranksPerNode);
    }

    /// <summary>Notes whatever keeps a placement from having this shape; true when its layers can be checked.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="hiddenLayers">All layers of the model.</param>
    /// <param name="moeLayerIds">The model layer id of each layer.</param>
    /// <param name="experts">Logical experts per layer.</param>
    /// <param name="nodes">Nodes.</param>
    /// <param name="ranksPerNode">Ranks on each node.</param>
    public static bool CheckShape(
        InputFaults faults, int hiddenLayers, ImmutableArray<int> moeLayerIds, int experts, int nodes, int ranksPerNode)
    {
        ArgumentNullException.ThrowIfNull(faults);
        var sized = faults.Require(hiddenLayers is >= 1 and <= 10_000, "hiddenLayers", hiddenLayers, "1 to 10,000")
            & faults.Require(experts is >= 1 and <= MoEModel.MostExperts, "experts", experts, $"1 to {MoEModel.MostExperts}")
            & faults.Require(nodes is >= 1 and <= 65_536, "nodes", nodes, "1 to 65,536")
            & faults.Require(ranksPerNode is >= 1 and <= 1_024, "ranksPerNode", ranksPerNode, "1 to 1,024");
        MoEModel.CheckLayerIds(moeLayerIds, hiddenLayers, faults, "moeLayerIds");
        return sized && !moeLayerIds.IsDefaultOrEmpty;
    }

    /// <summary>Notes every breach of one layer.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="field">What the layer is called in its file.</param>
    /// <param name="layer">[rank][slot] -> expert.</param>
    /// <param name="experts">Logical experts of the layer.</param>
    /// <param name="ranks">All ranks.</param>
    /// <param name="cell">What a (rank, slot) is called in the file; <c>field[rank][slot]</c> unless given.</param>
    public static void CheckLayer(
        InputFaults faults,
        string field,
        ImmutableArray<ImmutableArray<int>> layer,
        int experts,
        int ranks,
        Func<int, int, string>? cell = null)
    {
        ArgumentNullException.ThrowIfNull(faults);
        cell ??= (rank, slot) => $"{field}[{rank}][{slot}]";
        if (!faults.Require(!layer.IsDefault && layer.Length == ranks, field, layer.IsDefault ? null : layer.Length,
            $"{ranks} ranks (nodes x ranksPerNode)"))
            return;
        var holder = new int[experts];
        Array.Fill(holder, -1);
        for (var rank = 0; rank < ranks; rank++)
        {
            if (!faults.Require(!layer[rank].IsDefault, $"{field}[{rank}]", null, "a list of experts"))
                continue;
            for (var slot = 0; slot < layer[rank].Length; slot++)
            {
                var expert = layer[rank][slot];
                if (expert < 0 || expert >= experts)
                {
                    faults.Add(cell(rank, slot), expert, $"0 to {experts - 1} (experts - 1)");
                    continue;
                }
                if (holder[expert] == rank)
                    faults.Add(cell(rank, slot), expert, "an expert at most once on a rank");
                holder[expert] = rank;
            }
        }
        var missing = Array.IndexOf(holder, -1);
        faults.Require(missing < 0, field, $"no slot for expert {missing}", "every expert in at least one slot");
    }
}
