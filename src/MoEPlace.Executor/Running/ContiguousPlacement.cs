using System.Collections.Immutable;
using MoEPlace.Executor.Models;

namespace MoEPlace.Executor.Running;

/// <summary>The placement of an engine that was told none: the first E/R experts on the first rank, and so on.</summary>
public static class ContiguousPlacement
{
    /// <summary>Makes it.</summary>
    /// <param name="config">The model.</param>
    /// <param name="nodes">1 or more.</param>
    /// <param name="ranksPerNode">1 or more.</param>
    public static ExpertPlacement Of(TransformerConfig config, int nodes, int ranksPerNode)
    {
        ArgumentNullException.ThrowIfNull(config);
        var ranks = nodes * ranksPerNode;
        var rankOf = new int[config.MoeLayerIds.Length * config.Experts];
        for (var i = 0; i < rankOf.Length; i++)
            rankOf[i] = (int)((long)(i % config.Experts) * ranks / config.Experts);
        return ExpertPlacement.FromRanks(
            config.ToModel(1), ClusterPresets.Parse(FormattableString.Invariant($"{nodes}x{ranksPerNode}")), rankOf,
            new PlacementProvenance("contiguous", "", ImmutableSortedDictionary<string, string>.Empty, 0, MoEPlaceVersion.Current));
    }
}
