using System.Collections.Immutable;
using System.Text.Json;
using MoEPlace.Traces.Models;

namespace MoEPlace.Traces.Importers;

/// <summary>
/// The <c>trace.json</c> that stands beside a recording in npy files and says what it is: model (moe_layers, experts, top_k),
/// moe_layer_ids, hidden_layers, domains, origin, source, licence, choice_order. Other keys are the recorder's own.
/// </summary>
internal static class TraceDescription
{
    /// <summary>Reads a description; null when the file is something else.</summary>
    /// <exception cref="InputException">It is a description with a key that is missing or wrong.</exception>
    internal static TraceHeader? Read(string path) => JsonFile.Read(path, root =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty("model", out var model) && model.ValueKind == JsonValueKind.Object
            && model.TryGetProperty("moe_layers", out _)
            ? Read(root, path)
            : null);

    private static TraceHeader Read(JsonElement root, string path)
    {
        var faults = new InputFaults(path);
        var c = new ConfigObject(root, "", faults);
        var m = c.Object("model")!;
        var layers = m.Size("moe_layers");
        var ids = c.Integers("moe_layer_ids");
        if (ids.IsEmpty)
            ids = [.. Enumerable.Range(0, Math.Min(layers, 10_000))];
        faults.Require(ids.Length == layers, "moe_layer_ids", ids.Length, $"{layers} layers (model.moe_layers)");
        var name = m.Text("name") ?? Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path))) ?? ImportModel.Unnamed;
        var model = new MoEModel(name, c.SizeOr("hidden_layers", layers), ids, m.Size("experts"), m.Size("top_k"), Dimensions(m, faults));
        var origin = c.Text("origin") ?? "measured";
        faults.Require(origin is "measured" or "synthetic", "origin", origin, "\"measured\" or \"synthetic\"");
        var order = c.Text("choice_order") ?? "unordered";
        faults.Require(order is "by_weight" or "unordered", "choice_order", order, "\"by_weight\" or \"unordered\"");
        var domains = Strings(root, "domains", faults);
        model.Check(faults, "model.");
        var header = new TraceHeader(
            model,
            origin == "synthetic" ? TraceOrigin.Synthetic : TraceOrigin.Measured,
            c.Text("source") ?? "",
            c.Text("licence") ?? "",
            order == "by_weight" ? ChoiceOrder.ByWeight : ChoiceOrder.Unordered,
            domains);
        faults.ThrowIfAny();
        return header;
    }

    /// <summary>
    /// Sizes, where the description has them. It says nothing of attention: plain multi-head attention over the hidden size has the same
    /// parameters and the same cache whatever its number of heads.
    /// </summary>
    private static ModelDimensions? Dimensions(ConfigObject model, InputFaults faults)
    {
        if (!model.Has("hidden_size") || !model.Has("expert_intermediate_size") || !model.Has("vocab"))
            return null;
        var hidden = model.Size("hidden_size");
        var dtype = model.Text("dtype") ?? "bfloat16";
        faults.Require(dtype is "float32" or "bfloat16" or "float16", "model.dtype", dtype, "\"float32\", \"bfloat16\" or \"float16\"");
        var bytes = dtype == "float32" ? 4 : 2;
        return new ModelDimensions(
            hidden, model.Size("expert_intermediate_size"), 0, 0, model.Size("vocab"), 1, 1, hidden, hidden, 0, 0, 0, bytes, bytes, bytes);
    }

    private static ImmutableArray<string> Strings(JsonElement root, string key, InputFaults faults)
    {
        if (!root.TryGetProperty(key, out var list))
            return [];
        var valid = list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= SequenceLists.MostDomains
            && list.EnumerateArray().All(s => s.ValueKind == JsonValueKind.String);
        return faults.Require(valid, key, list.GetRawText(), $"a list of at most {SequenceLists.MostDomains} names")
            ? [.. list.EnumerateArray().Select(s => s.GetString()!)]
            : [];
    }
}
