using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MoEPlace;

/// <summary>Tells maps apart by what they mean: two that put the same experts on the same ranks are one.</summary>
internal static class PlacementDigest
{
    /// <summary>SHA-256, in lower-case hexadecimal.</summary>
    internal static string Of(ExpertPlacement placement)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, [placement.HiddenLayers, placement.Layers, .. placement.MoeLayerIds, placement.Experts, placement.Nodes, placement.RanksPerNode]);
        for (var layer = 0; layer < placement.Layers; layer++)
            for (var rank = 0; rank < placement.Ranks; rank++)
            {
                int[] experts = [.. placement.ExpertsOn(new LayerId(layer), new RankId(rank))];
                Array.Sort(experts);
                Add(hash, [experts.Length, .. experts]);
            }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Add(IncrementalHash hash, ReadOnlySpan<int> values)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        foreach (var value in values)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
            hash.AppendData(bytes);
        }
    }
}
