using System.Collections.Immutable;
using MoEPlace.Traces.Pickle;

namespace MoEPlace.Traces.Importers;

/// <summary>
/// Reads the experts of records: [hidden layers, tokens, columns] of slots becomes [tokens, MoE layers, top-k] of logical experts.
/// </summary>
/// <param name="map">Slots to logical experts.</param>
/// <param name="moe">MoE layers.</param>
/// <param name="dense">Layers that must be -1 or 0.</param>
/// <param name="experts">Logical experts.</param>
internal sealed class SglangTopK(SglangExpertMap map, ImmutableArray<int> moe, ImmutableArray<int> dense, int experts)
{
    private const string Key = "topk_ids_of_layer";
    private const int MostColumns = 64;
    private readonly bool[] usedLayers = new bool[moe.Length];

    /// <summary>Checks a record; tells the tokens with any expert and the columns that are in use.</summary>
    internal (int Kept, int Columns) Survey(SglangRecord record, int tokens)
    {
        var (slots, width) = Slots(record, tokens);
        foreach (var layer in dense)
            CheckDense(record, layer, tokens, width);
        var used = 0;
        for (var i = 0; i < slots.Length; i++)
        {
            if (slots[i] == -1)
                continue;
            used = Math.Max(used, i % width + 1);
            usedLayers[i / width % moe.Length] = true;
        }
        var faults = new InputFaults(record.Dump.Path);
        new ChoiceCheck(moe, width, experts).Take(slots, new ushort[slots.Length], 0, faults,
            record.Fields.Field(Key) + " (logical; token, layer, choice)");
        faults.ThrowIfAny();
        var kept = 0;
        for (var t = 0; t < tokens; t++)
            kept += HasExpert(slots, t, width) ? 1 : 0;
        return (kept, used);
    }

    /// <summary>Refuses layers in which no token had an expert.</summary>
    internal void CheckUsed(string file)
    {
        var faults = new InputFaults(file);
        for (var i = 0; i < usedLayers.Length; i++)
            faults.Require(
                usedLayers[i], $"records[:].{Key}[{moe[i]}]", "-1 in all tokens",
                "a layer that was recorded: is it dense? (--model or --moe-layers)");
        faults.ThrowIfAny();
    }

    /// <summary>The rows of a record; tokens without any expert are left out, but count for their sequence.</summary>
    internal TraceRows Read(SglangRecord record, SglangBatch batch, SglangSequences sequences, int topK)
    {
        var (logical, width) = Slots(record, batch.Tokens);
        var cells = moe.Length * topK;
        var (chosen, sequence, position, phase) = (new List<ushort>(batch.Tokens * cells), new List<int>(), new List<int>(),
            new List<byte>());
        var t = 0;
        foreach (var length in batch.Lengths)
        {
            var number = sequences.Of(batch.Positions[t], length);
            for (var end = t + length; t < end; t++)
            {
                if (!HasExpert(logical, t, width))
                    continue;
                for (var cell = 0; cell < cells; cell++)
                {
                    var column = cell % topK;
                    var id = column < width ? logical[(t * moe.Length + cell / topK) * width + column] : -1;
                    chosen.Add(id < 0 ? RoutingTrace.NoExpert : (ushort)id);
                }
                sequence.Add(number);
                position.Add((int)batch.Positions[t]);
                phase.Add(batch.Phases[t]);
            }
        }
        return new TraceRows([.. chosen], [.. sequence], [.. position], Phase: [.. phase]);
    }

    private bool HasExpert(long[] logical, int token, int width) =>
        logical.AsSpan(token * moe.Length * width, moe.Length * width).ContainsAnyExcept(-1);

    /// <summary>[tokens, MoE layers, columns] of logical experts, -1 for none.</summary>
    private (long[] Logical, int Width) Slots(SglangRecord record, int tokens)
    {
        var tensor = Tensor(record, tokens);
        var width = (int)tensor.Shape[2];
        var logical = new long[checked(tokens * moe.Length * width)];
        var layerSlots = new long[tokens * width];
        for (var i = 0; i < moe.Length; i++)
        {
            var names = map.Layer(moe[i]);
            record.Dump.Archive.CopyIntegers(tensor, (long)moe[i] * tokens * width, layerSlots);
            for (var j = 0; j < layerSlots.Length; j++)
            {
                var slot = layerSlots[j];
                if (slot < -1 || slot >= map.Slots)
                    throw new InputException(
                        record.Dump.Path, $"{record.Fields.Field(Key)}[{moe[i]}, {j / width}, {j % width}]", slot,
                        $"0 to {map.Slots - 1} (slots - 1), or -1 for none");
                logical[(j / width * moe.Length + i) * width + j % width] = slot < 0 ? -1 : names[(int)slot];
            }
        }
        return (logical, width);
    }

    private TorchTensor Tensor(SglangRecord record, int tokens)
    {
        var tensor = record.Fields.Tensor(Key, "hidden layers", "tokens", "columns");
        if (tensor.Shape[0] != map.HiddenLayers || tensor.Shape[1] != tokens || tensor.Shape[2] is < 1 or > MostColumns)
            throw new InputException(
                record.Dump.Path, record.Fields.Field(Key), tensor.ShapeText,
                $"[{map.HiddenLayers}, {tokens}, 1 to {MostColumns}] (hidden layers, tokens, columns)");
        if ((long)tokens * tensor.Shape[2] * moe.Length > Array.MaxLength)
            throw new InputException(
                record.Dump.Path, record.Fields.Field(Key), tensor.ShapeText, $"at most {Array.MaxLength} ids in one pass");
        return tensor;
    }

    private void CheckDense(SglangRecord record, int layer, int tokens, int width)
    {
        var slots = new long[tokens * width];
        record.Dump.Archive.CopyIntegers(Tensor(record, tokens), (long)layer * tokens * width, slots);
        var at = slots.AsSpan().IndexOfAnyExcept(0, -1);
        if (at >= 0)
            throw new InputException(
                record.Dump.Path, $"{record.Fields.Field(Key)}[{layer}, {at / width}, {at % width}]", slots[at],
                $"-1 or 0: layer {layer} is dense by --model or --moe-layers");
    }
}
