using System.Collections.Immutable;
using System.Text.Json;

namespace MoEPlace.Traces.Models;

/// <summary>
/// Models by file or by name: a <c>config.json</c> of Hugging Face (families in <see cref="ModelFamily"/>), a model as our own files
/// hold it, or the name of one that is built in.
/// </summary>
public static class ModelConfig
{
    private const string ResourcePrefix = "MoEPlace.Traces.Models.";

    /// <summary>The names of the models that need no file, in ordinal order.</summary>
    public static ImmutableArray<string> BuiltIn { get; } =
    [
        .. typeof(ModelConfig).Assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(ResourcePrefix, StringComparison.Ordinal) && n.EndsWith(".json", StringComparison.Ordinal))
            .Select(n => n[ResourcePrefix.Length..^".json".Length])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Reads a model.</summary>
    /// <param name="pathOrName">A file, or one of <see cref="BuiltIn"/>; a file of that name comes first.</param>
    /// <param name="moeLayers">Keeps only these model layer ids (<see cref="LayerRange"/>): for a recording of part of the layers.</param>
    /// <exception cref="InputException">No such file or name, a family that is not known, or a key that is missing or wrong.</exception>
    public static MoEModel Read(string pathOrName, string? moeLayers = null)
    {
        ArgumentNullException.ThrowIfNull(pathOrName);
        var model = File.Exists(pathOrName) ? ReadFile(pathOrName) : ReadBuiltIn(pathOrName);
        return moeLayers is null ? model : Keep(model, LayerRange.Parse(moeLayers));
    }

    /// <summary>The same model with some of its MoE layers only.</summary>
    /// <exception cref="InputException">A layer is not an MoE layer of the model.</exception>
    public static MoEModel Keep(MoEModel model, ImmutableArray<int> layers)
    {
        ArgumentNullException.ThrowIfNull(model);
        foreach (var layer in layers)
            if (!model.MoeLayerIds.Contains(layer))
                throw new InputException(
                    "--moe-layers", "layers", layer, $"MoE layers of {model.Name}: {LayerRange.Show(model.MoeLayerIds)}");
        return model with { MoeLayerIds = layers };
    }

    internal static MoEModel ReadFile(string path) => JsonFile.Read(path, root => root.ValueKind == JsonValueKind.Object
        ? FromJson(root, path)
        : throw new InputException(path, "$", root.ValueKind.ToString(), "one JSON object"));

    internal static MoEModel FromJson(JsonElement root, string path)
    {
        var faults = new InputFaults(path);
        var model = root.TryGetProperty("moeLayerIds", out _)
            ? StrictJson.Parse<MoEModel>(root.GetRawText(), path, "model")
            : ModelFamily.Read(NameOf(path), new ConfigObject(root, "", faults));
        faults.ThrowIfAny();
        model.Check(faults);
        faults.ThrowIfAny();
        return model;
    }

    private static MoEModel ReadBuiltIn(string name)
    {
        using var stream = BuiltIn.Contains(name) ? typeof(ModelConfig).Assembly.GetManifestResourceStream($"{ResourcePrefix}{name}.json")
            : null;
        if (stream is null)
            throw new InputException("--model", "model", name, $"a config.json, or one of {string.Join(", ", BuiltIn)}");
        using var reader = new StreamReader(stream);
        return StrictJson.Parse<MoEModel>(reader.ReadToEnd(), name, "model");
    }

    // "org--name_config.json" and "name/config.json" both name the model.
    private static string NameOf(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        if (name == "config")
            name = Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path))) ?? name;
        if (name.EndsWith("_config", StringComparison.Ordinal))
            name = name[..^"_config".Length];
        var organisation = name.LastIndexOf("--", StringComparison.Ordinal);
        name = organisation < 0 ? name : name[(organisation + 2)..];
        return name.Length > 0 ? name : "model";
    }
}
