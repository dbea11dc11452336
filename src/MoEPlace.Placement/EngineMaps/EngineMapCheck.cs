using System.Collections.Immutable;

namespace MoEPlace.Placement.EngineMaps;

/// <summary>The rules that several engines' maps share, and the way in and out of files.</summary>
internal static class EngineMapCheck
{
    // DeepSeek-V3 with 320 slots takes 0.1 MB; a number of JSON costs more memory than its text.
    private const long LongestFile = 64L << 20;

    /// <summary>Reads a whole map into memory.</summary>
    /// <exception cref="InputException">The file cannot be read or is too long for a map.</exception>
    internal static byte[] ReadFile(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            if (stream.Length > LongestFile)
                throw new InputException(path, "size", stream.Length, $"at most {LongestFile} bytes for an expert map");
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            return content;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException(path, "file", e.Message, "a file that can be read");
        }
    }

    /// <summary>The text of a map.</summary>
    /// <exception cref="InputException">It is not UTF-8.</exception>
    internal static string Text(byte[] content, string file)
    {
        try
        {
            return new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content);
        }
        catch (System.Text.DecoderFallbackException e)
        {
            throw new InputException(file, $"byte {e.Index}", "not UTF-8", "UTF-8 text");
        }
    }

    /// <summary>Writes a map after it was read back to the same placement, so that no engine is given one that breaks its rules.</summary>
    /// <exception cref="InputException">The map breaks a rule of its format, or the path cannot be written.</exception>
    internal static void Write(
        string path, ExpertPlacement placement, byte[] content, Func<byte[], string, EngineMapContext, ExpertPlacement> parse)
    {
        if (!parse(content, path, EngineMapContext.Of(placement)).Equals(placement))
            throw new InvalidOperationException($"{path}: the map was read back to another placement.");
        OutputFile.Write(path, stream => stream.Write(content));
    }

    /// <summary>The slots of a layer, over all ranks, for formats that number them through.</summary>
    /// <exception cref="InputException">Some rank of some layer has another number of slots.</exception>
    internal static int EqualSlots(string path, ExpertPlacement placement)
    {
        var faults = new InputFaults(path);
        var each = placement.ExpertsOn(new LayerId(0), new RankId(0)).Length;
        for (var layer = 0; layer < placement.Layers; layer++)
            for (var rank = 0; rank < placement.Ranks; rank++)
            {
                var own = placement.ExpertsOn(new LayerId(layer), new RankId(rank)).Length;
                if (own != each)
                    faults.Add($"slots[{layer}][{rank}]", $"{own} slots",
                        $"{each}, as on rank 0 of layer 0: this engine needs equally many on every rank of every layer");
            }
        faults.ThrowIfAny();
        return each * placement.Ranks;
    }

    /// <summary>The experts of a layer in slot order, rank after rank.</summary>
    internal static int[] Row(ExpertPlacement placement, int layer)
    {
        var row = new List<int>();
        for (var rank = 0; rank < placement.Ranks; rank++)
            row.AddRange(placement.ExpertsOn(new LayerId(layer), new RankId(rank)));
        return [.. row];
    }

    /// <summary>Notes a number of slots that the ranks cannot share equally or that is too small for the experts.</summary>
    internal static bool CheckSlots(InputFaults faults, string field, int slots, EngineMapContext context) =>
        faults.Require(
            slots >= context.Experts && slots % context.Ranks == 0, field, slots,
                $"a multiple of {context.Ranks} (ranks), at least {context.Experts} (experts)");

    /// <summary>Cuts a row of slots into ranks and notes every breach.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="field">What the row is called in the file.</param>
    /// <param name="row">[slots] slot -> expert.</param>
    /// <param name="slots">Slots that the row must have; <see cref="CheckSlots"/> holds for it.</param>
    /// <param name="context">Experts and ranks.</param>
    internal static ImmutableArray<ImmutableArray<int>> CheckRow(
        InputFaults faults, string field, int[] row, int slots, EngineMapContext context)
    {
        if (!faults.Require(row.Length == slots, field, $"{row.Length} entries", $"{slots} entries, one for each slot"))
            return default;
        var rankSlots = slots / context.Ranks;
        ImmutableArray<ImmutableArray<int>> layer = [.. row.Chunk(rankSlots).Select(rank => rank.ToImmutableArray())];
        PlacementCheck.CheckLayer(
            faults, field, layer, context.Experts, context.Ranks, (rank, slot) => $"{field}[{rank * rankSlots + slot}]");
        return layer;
    }

    /// <summary>The placement of a map that was found good.</summary>
    internal static ExpertPlacement Placement(
        string engine, ImmutableArray<ImmutableArray<ImmutableArray<int>>> slots, EngineMapContext context) =>
        new(context.Model, context.HiddenLayers, context.MoeLayerIds, context.Experts, context.Nodes, context.RanksPerNode, slots,
            new PlacementProvenance(engine, "", ImmutableSortedDictionary<string, string>.Empty, 0, MoEPlaceVersion.Current));
}
