using System.Text.Json;

namespace MoEPlace.Traces.Importers;

/// <summary>Imports expert popularity files as a load file, one window per file.</summary>
public static class PopularityImport
{
    private const string Key = "expert_popularity";

    /// <summary>Imports.</summary>
    /// <exception cref="InputException">A file is not as it should be; nothing is written then.</exception>
    public static ImportResult Run(PopularityImportOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Files.IsDefaultOrEmpty)
            throw new InputException("files", "files", 0, "at least one file");
        var model = ImportModel.Read(options with { Model = options.Model ?? "mixtral-8x7b" })!;
        var faults = new InputFaults(options.Files[0]);
        var windows = options.Files.Select(file =>
            ImportModel.Try(faults, () => JsonFile.Read(file, root => Window(root, file, model)))).ToList();
        faults.ThrowIfAny();
        var header = new LoadHeader(model, TraceOrigin.Measured, options.Source ?? Path.GetFileName(options.Files[0]),
            options.Licence ?? "");
        LoadFile.Write(options.Output, header, windows.Count, windows!);
        return new ImportResult(options.Output, LoadHeader.FormatName, model, 0, 0, windows.Count, TraceColumns.None, [], []);
    }

    private static long[] Window(JsonElement root, string file, MoEModel model)
    {
        var faults = new InputFaults(file);
        var window = new long[model.Layers * model.Experts];
        var layers = root.ValueKind == JsonValueKind.Object && root.TryGetProperty(Key, out var list)
            && list.ValueKind == JsonValueKind.Array ? list : default;
        if (!faults.Require(
            layers.ValueKind == JsonValueKind.Array && layers.GetArrayLength() == model.Layers, Key, Length(layers),
            $"{model.Layers} layers of {model.Name}"))
            faults.ThrowIfAny();
        var at = 0;
        foreach (var layer in layers.EnumerateArray())
        {
            var field = $"{Key}[{at / model.Experts}]";
            if (!faults.Require(
                layer.ValueKind == JsonValueKind.Array && layer.GetArrayLength() == model.Experts, field, Length(layer),
                $"{model.Experts} counts (experts of {model.Name})"))
                faults.ThrowIfAny();
            foreach (var count in layer.EnumerateArray())
            {
                var valid = count.ValueKind == JsonValueKind.Number && count.TryGetInt64(out window[at])
                    && window[at] is >= 0 and <= int.MaxValue;
                faults.Require(valid, $"{field}[{at % model.Experts}]", count.GetRawText(), $"a whole number, 0 to {int.MaxValue}");
                at++;
            }
        }
        faults.ThrowIfAny();
        return window;
    }

    private static object? Length(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.GetArrayLength(),
        JsonValueKind.Undefined => null,
        var kind => kind.ToString(),
    };
}
