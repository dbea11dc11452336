using System.Collections.Immutable;

namespace MoEPlace.Evaluation.Tests;

/// <summary>Small models, clusters and placements with round figures.</summary>
internal static class TestModels
{
    internal static readonly PlacementProvenance NoProvenance = new("test", "", ImmutableSortedDictionary<string, string>.Empty, 0, "0");

    /// <summary>Hidden state 8 bytes, expert 48 bytes, keys and values 8 bytes a token and layer.</summary>
    internal static readonly ModelDimensions Dimensions = new(
        HiddenSize: 4, ExpertIntermediateSize: 2, SharedIntermediateSize: 3, DenseIntermediateSize: 5, VocabularySize: 10,
        AttentionHeads: 2, KeyValueHeads: 1, HeadSize: 2, ValueHeadSize: 2, KeyValueLatentSize: 0, QueryLatentSize: 0, RotaryHeadSize: 0,
        BytesPerExpertParameter: 2, BytesPerParameter: 2, BytesPerActivation: 2);

    internal static MoEModel Model(int layers, int experts, int topK, bool sized = true) =>
        new("tiny", layers, [.. Enumerable.Range(0, layers)], experts, topK, sized ? Dimensions : null);

    /// <summary>A nanosecond for 1 flop, 1 byte of memory, 1 byte inside a node; 4 for 1 byte between nodes; no latency.</summary>
    internal static Cluster Cluster(int nodes, int ranksPerNode) => new(
        MoEPlace.Cluster.FormatName, "test", nodes, ranksPerNode, new Device("test", 1e9, 1_000_000, 1e9, 0, ""),
        new Link(1e9, 0, ""), new Link(0.25e9, 0, ""));

    /// <summary>[layer][rank][slot] -> expert.</summary>
    internal static ExpertPlacement Placement(MoEModel model, Cluster cluster, params int[][][] slots) => new(
        model.Name, model.HiddenLayers, model.MoeLayerIds, model.Experts, cluster.Nodes, cluster.RanksPerNode,
        [.. slots.Select(layer => layer.Select(rank => rank.ToImmutableArray()).ToImmutableArray())], NoProvenance);

    /// <summary>Expert e on rank e * ranks / experts, in every layer.</summary>
    internal static ExpertPlacement Contiguous(MoEModel model, Cluster cluster) => ExpertPlacement.FromRanks(
        model, cluster,
        [.. Enumerable.Range(0, model.Layers * model.Experts).Select(i => i % model.Experts * cluster.Ranks / model.Experts)],
        NoProvenance);
}
