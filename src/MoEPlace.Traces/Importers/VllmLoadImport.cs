using System.Text;
using System.Text.Json;

namespace MoEPlace.Traces.Importers;

/// <summary>
/// Imports vLLM's load statistics as a load file: one window per record, each mapped from slots to logical experts by its own map.
/// </summary>
public static class VllmLoadImport
{
    private const string RecordType = "eplb_load_stats";

    /// <summary>Imports.</summary>
    /// <exception cref="InputException">The file is not as it should be; nothing is written then.</exception>
    public static ImportResult Run(VllmLoadImportOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var model = ImportModel.Read(options)
            ?? throw new InputException(options.File, "model", null, "--model: the statistics do not say how many experts a token has");
        var windows = Windows(options.File, model).LongCount();
        if (windows == 0)
            throw new InputException(options.File, "record_type", "no record with a count", $"at least one record of \"{RecordType}\"");
        var header = new LoadHeader(model, TraceOrigin.Measured, options.Source ?? Path.GetFileName(options.File), options.Licence ?? "");
        LoadFile.Write(options.Output, header, windows, Windows(options.File, model));
        return new ImportResult(options.Output, LoadHeader.FormatName, model, 0, 0, windows, TraceColumns.None, [], []);
    }

    private static IEnumerable<long[]> Windows(string file, MoEModel model)
    {
        using var lines = EngineResponses.Open(file);
        for (var number = 1; lines.ReadLine() is { } line; number++)
        {
            if (line.Length == 0)
                continue;
            var place = $"{file}: line {number}";
            if (JsonFile.Parse(Encoding.UTF8.GetBytes(line), place, root => Window(root, place, model)) is { } window)
                yield return window;
        }
    }

    private static long[]? Window(JsonElement root, string place, MoEModel model)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("record_type", out var type)
            || type.ValueKind != JsonValueKind.String)
            throw new InputException(place, "record_type", null, "an object with a record_type");
        if (type.GetString() != RecordType)
            return null;
        if (!root.TryGetProperty("version", out var version) || version.ValueKind != JsonValueKind.Number
            || !version.TryGetInt32(out var number) || number != 1)
            throw new InputException(place, "version", version.ValueKind == JsonValueKind.Undefined ? null : version.GetRawText(), "1");
        var loads = Table(root, "expert_load", place, model.Layers, int.MaxValue);
        var map = Table(root, "p2l_map", place, model.Layers, model.Experts - 1);
        var window = new long[model.Layers * model.Experts];
        for (var layer = 0; layer < model.Layers; layer++)
        {
            if (loads[layer].Length != map[layer].Length)
                throw new InputException(place, $"p2l_map[{layer}]", map[layer].Length, $"{loads[layer].Length} slots, as in expert_load");
            for (var slot = 0; slot < map[layer].Length; slot++)
                window[layer * model.Experts + (int)map[layer][slot]] += loads[layer][slot];
        }
        return window.AsSpan().ContainsAnyExcept(0) ? window : null;
    }

    private static long[][] Table(JsonElement root, string key, string place, int layers, long most)
    {
        if (!root.TryGetProperty(key, out var rows) || rows.ValueKind != JsonValueKind.Array || rows.GetArrayLength() != layers)
        {
            var found = rows.ValueKind == JsonValueKind.Array ? (object)rows.GetArrayLength() : null;
            throw new InputException(place, key, found, $"{layers} rows, one per MoE layer of the model");
        }
        var table = new long[layers][];
        for (var layer = 0; layer < layers; layer++)
        {
            var row = rows[layer];
            if (row.ValueKind != JsonValueKind.Array)
                throw new InputException(place, $"{key}[{layer}]", row.GetRawText(), "a list, one number per slot");
            var values = new List<long>(row.GetArrayLength());
            foreach (var item in row.EnumerateArray())
            {
                if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out var value) || value < 0 || value > most)
                    throw new InputException(place, $"{key}[{layer}][{values.Count}]", item.GetRawText(), $"a whole number, 0 to {most}");
                values.Add(value);
            }
            table[layer] = [.. values];
        }
        return table;
    }
}
