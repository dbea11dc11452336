using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace MoEPlace.Traces;

/// <summary>What a load file says of itself.</summary>
/// <param name="Model">The model that was run.</param>
/// <param name="Origin">Measured or synthetic.</param>
/// <param name="Source">Where it comes from, for people.</param>
/// <param name="Licence">Under which licence it may be used; empty when unknown.</param>
public sealed record LoadHeader(MoEModel Model, TraceOrigin Origin, string Source, string Licence)
{
    /// <summary>What a load file says that it is.</summary>
    public const string FormatName = "moeplace.load/1";

    /// <summary>The header as the metadata strings of the file.</summary>
    public ImmutableSortedDictionary<string, string> ToMetadata() => new Dictionary<string, string>
    {
        ["format"] = FormatName,
        ["model"] = JsonSerializer.Serialize(Model, StrictJson.OneLine),
        ["moe_layer_ids"] = JsonSerializer.Serialize(Model.MoeLayerIds, StrictJson.OneLine),
        ["hidden_layers"] = Model.HiddenLayers.ToString(CultureInfo.InvariantCulture),
        ["origin"] = Origin == TraceOrigin.Measured ? "measured" : "synthetic",
        ["source"] = Source,
        ["licence"] = Licence,
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>Reads the metadata strings of a load file.</summary>
    /// <exception cref="InputException">A string is missing or not understood; every fault is told.</exception>
    public static LoadHeader FromMetadata(ImmutableSortedDictionary<string, string> metadata, string file)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        var format = metadata.GetValueOrDefault("format");
        if (format != FormatName)
            throw new InputException(file, "format", format, $"\"{FormatName}\"");
        // All else is told as a trace tells it.
        var header = TraceHeader.FromMetadata(metadata.SetItem("format", TraceHeader.FormatName), file);
        return new LoadHeader(header.Model, header.Origin, header.Source, header.Licence);
    }
}
