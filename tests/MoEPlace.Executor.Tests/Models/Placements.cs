using System.Collections.Immutable;
using MoEPlace.Executor.Models;

namespace MoEPlace.Executor.Tests.Models;

/// <summary>Placements of a model's experts; even numbers of ranks above two stand on two nodes.</summary>
internal static class Placements
{
    internal static ExpertPlacement Contiguous(TransformerConfig config, int ranks) => Of(config, ranks, (_, rank) =>
        [.. Enumerable.Range(0, config.Experts).Where(e => e * ranks / config.Experts == rank)]);

    /// <summary>Every expert somewhere, and some more than once; in any order, ranks unequally full.</summary>
    internal static ExpertPlacement Random(TransformerConfig config, int ranks, SeedStream random)
    {
        var slots = new List<int>[config.MoeLayerIds.Length, ranks];
        for (var layer = 0; layer < config.MoeLayerIds.Length; layer++)
        {
            for (var rank = 0; rank < ranks; rank++)
                slots[layer, rank] = [];
            for (var expert = 0; expert < config.Experts; expert++)
            {
                slots[layer, random.Next(ranks)].Add(expert);
                var other = slots[layer, random.Next(ranks)];
                if (random.Next(3) == 0 && !other.Contains(expert))
                    other.Insert(random.Next(other.Count + 1), expert);
            }
        }
        return Of(config, ranks, (layer, rank) => [.. slots[layer, rank]]);
    }

    /// <summary>Every expert once, ranks equally full but for what does not divide.</summary>
    internal static ExpertPlacement Shuffled(TransformerConfig config, int ranks, SeedStream random)
    {
        var orders = new int[config.MoeLayerIds.Length][];
        for (var layer = 0; layer < orders.Length; layer++)
        {
            orders[layer] = [.. Enumerable.Range(0, config.Experts)];
            for (var i = config.Experts - 1; i > 0; i--)
            {
                var j = random.Next(i + 1);
                (orders[layer][i], orders[layer][j]) = (orders[layer][j], orders[layer][i]);
            }
        }
        return Of(config, ranks, (layer, rank) => [.. orders[layer].Where((_, i) => i * ranks / config.Experts == rank)]);
    }

    internal static ExpertPlacement Of(TransformerConfig config, int ranks, Func<int, int, ImmutableArray<int>> slots, int? nodes = null)
    {
        var stands = nodes ?? (ranks % 2 == 0 && ranks > 2 ? 2 : 1);
        return new(
            config.Name, config.HiddenLayers, config.MoeLayerIds, config.Experts, stands, ranks / stands,
            [
                .. Enumerable.Range(0, config.MoeLayerIds.Length)
                    .Select(l => Enumerable.Range(0, ranks).Select(r => slots(l, r)).ToImmutableArray()),
            ],
            new PlacementProvenance("test", "", ImmutableSortedDictionary<string, string>.Empty, 0, "0"));
    }
}
