using System.Collections.Immutable;

namespace MoEPlace.Traces;

/// <summary>What a trace says of itself.</summary>
/// <param name="Model">The model that was run.</param>
/// <param name="Origin">Measured or synthetic.</param>
/// <param name="Source">Where it comes from, for people.</param>
/// <param name="Licence">Under which licence it may be used; empty when unknown.</param>
/// <param name="ChoiceOrder">In which order a token's experts stand.</param>
/// <param name="Domains">Names of the domains that the <c>domain</c> column numbers; empty without.</param>
public sealed record TraceHeader(
    MoEModel Model,
    TraceOrigin Origin,
    string Source,
    string Licence,
    ChoiceOrder ChoiceOrder,
    ImmutableArray<string> Domains)
{
    /// <summary>What a trace file says that it is.</summary>
    public const string FormatName = "moeplace.trace/1";

    /// <summary>The header as the metadata strings of the file.</summary>
    public ImmutableSortedDictionary<string, string> ToMetadata() => new Dictionary<string, string>
    {
        ["format"] = FormatName,
        ["model"] = System.Text.Json.JsonSerializer.Serialize(Model, StrictJson.OneLine),
        ["moe_layer_ids"] = System.Text.Json.JsonSerializer.Serialize(Model.MoeLayerIds, StrictJson.OneLine),
        ["hidden_layers"] = Model.HiddenLayers.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["origin"] = Origin == TraceOrigin.Measured ? "measured" : "synthetic",
        ["source"] = Source,
        ["licence"] = Licence,
        ["choice_order"] = ChoiceOrder == ChoiceOrder.ByWeight ? "by_weight" : "unordered",
        ["domains"] = System.Text.Json.JsonSerializer.Serialize(Domains, StrictJson.OneLine),
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>Reads the metadata strings of a trace file.</summary>
    /// <exception cref="InputException">A string is missing or not understood; every fault is told.</exception>
    public static TraceHeader FromMetadata(ImmutableSortedDictionary<string, string> metadata, string file)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        var faults = new InputFaults(file);
        var format = metadata.GetValueOrDefault("format");
        if (!faults.Require(format == FormatName, "format", format, $"\"{FormatName}\""))
            faults.ThrowIfAny();
        var origin = metadata.GetValueOrDefault("origin");
        faults.Require(origin is "measured" or "synthetic", "origin", origin, "\"measured\" or \"synthetic\"");
        var order = metadata.GetValueOrDefault("choice_order") ?? "unordered";
        faults.Require(order is "by_weight" or "unordered", "choice_order", order, "\"by_weight\" or \"unordered\"");
        var model = Part<MoEModel>("model");
        model?.Check(faults, "model.");
        var domains = metadata.ContainsKey("domains") ? Part<string[]>("domains") : [];
        faults.ThrowIfAny();
        return new TraceHeader(
            model!,
            origin == "measured" ? TraceOrigin.Measured : TraceOrigin.Synthetic,
            metadata.GetValueOrDefault("source") ?? "",
            metadata.GetValueOrDefault("licence") ?? "",
            order == "by_weight" ? ChoiceOrder.ByWeight : ChoiceOrder.Unordered,
            [.. domains!]);

        T? Part<T>(string key)
            where T : class
        {
            try
            {
                if (metadata.TryGetValue(key, out var text))
                    return StrictJson.Parse<T>(text, file, key);
                faults.Add(key, null, "a JSON value");
            }
            catch (InputException e)
            {
                faults.AddRange(e.Faults);
            }
            return null;
        }
    }
}
