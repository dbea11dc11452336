using System.Collections.Immutable;
using System.Numerics;

namespace MoEPlace.Placement.EngineMaps;

/// <summary>
/// Omni's published placements: a one-hot array [ranks, MoE layers from 0, experts], 1 where the rank holds the expert. It tells
/// no slots: experts take those of their rank in rising order. Replicas are allowed, and ranks may differ in slots.
/// </summary>
public static class OmniPlacement
{
    /// <summary>The name of the engine.</summary>
    public const string Engine = "omni";

    /// <summary>Makes a placement of an array.</summary>
    /// <param name="oneHot">[ranks, layers, experts] row-major, each 0 or 1.</param>
    /// <param name="ranks">First dimension of the array.</param>
    /// <param name="layers">Second dimension.</param>
    /// <param name="experts">Third dimension.</param>
    /// <param name="context">The shape that it must have.</param>
    /// <param name="file">The file that it came from, for messages.</param>
    /// <exception cref="InputException">The array has another shape or other values, or is no placement; every fault is told.</exception>
    public static ExpertPlacement FromOneHot<T>(
        ReadOnlySpan<T> oneHot, int ranks, int layers, int experts, EngineMapContext context, string file)
        where T : IBinaryInteger<T>
    {
        ArgumentNullException.ThrowIfNull(context);
        var faults = new InputFaults(file);
        faults.Require(ranks == context.Ranks, "shape[0]", ranks, $"{context.Ranks}, the ranks");
        faults.Require(layers == context.Layers, "shape[1]", layers, $"{context.Layers}, the MoE layers");
        faults.Require(experts == context.Experts, "shape[2]", experts, $"{context.Experts}, the experts");
        faults.ThrowIfAny();
        faults.Require(oneHot.Length == (long)ranks * layers * experts, "data", $"{oneHot.Length} values",
            $"{(long)ranks * layers * experts}, one for each rank, layer and expert");
        faults.ThrowIfAny();
        var slots = ImmutableArray.CreateBuilder<ImmutableArray<ImmutableArray<int>>>(layers);
        for (var layer = 0; layer < layers; layer++)
        {
            var held = ImmutableArray.CreateBuilder<ImmutableArray<int>>(ranks);
            for (var rank = 0; rank < ranks; rank++)
                held.Add(Held(oneHot.Slice((rank * layers + layer) * experts, experts), faults, rank, layer));
            slots.Add(held.MoveToImmutable());
            PlacementCheck.CheckLayer(faults, $"layer {layer}", slots[layer], experts, ranks);
        }
        faults.ThrowIfAny();
        return EngineMapCheck.Placement(Engine, slots.MoveToImmutable(), context);
    }

    private static ImmutableArray<int> Held<T>(ReadOnlySpan<T> row, InputFaults faults, int rank, int layer)
        where T : IBinaryInteger<T>
    {
        var held = ImmutableArray.CreateBuilder<int>();
        for (var expert = 0; expert < row.Length; expert++)
        {
            if (row[expert] == T.One)
                held.Add(expert);
            else if (!T.IsZero(row[expert]))
                faults.Add($"[{rank}, {layer}, {expert}]", row[expert], "0 or 1");
        }
        return held.ToImmutable();
    }
}
