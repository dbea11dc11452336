using System.Collections.Immutable;
using System.Text.Json;

namespace MoEPlace;

/// <summary>The placement file, <c>moeplace.placement/1</c>.</summary>
public static class ExpertPlacementFile
{
    /// <summary>What a placement file says that it is.</summary>
    public const string FormatName = "moeplace.placement/1";

    /// <summary>Reads a placement.</summary>
    /// <exception cref="InputException">The file is not a valid placement; every fault is told.</exception>
    public static ExpertPlacement Read(string path) => Of(StrictJson.Read<Content>(path, FormatName), path);

    /// <summary>Reads the content of a placement file that came another way than as a file.</summary>
    /// <param name="json">The content.</param>
    /// <param name="source">Where it came from, for faults.</param>
    /// <exception cref="InputException">It is not a valid placement; every fault is told.</exception>
    public static ExpertPlacement Parse(string json, string source) => Of(StrictJson.Parse<Content>(json, source, ""), source);

    /// <summary>Writes a placement, whole or not at all.</summary>
    /// <exception cref="InputException">The path cannot be written.</exception>
    public static void Write(string path, ExpertPlacement placement) => OutputFile.WriteText(path, ToJson(placement));

    /// <summary>What its file holds, on one line.</summary>
    public static string ToJson(ExpertPlacement placement)
    {
        ArgumentNullException.ThrowIfNull(placement);
        var content = new Content(
            FormatName, placement.Model, placement.MoeLayerIds, placement.HiddenLayers, placement.Nodes, placement.RanksPerNode,
            placement.Experts, placement.ToSlots(), placement.Provenance);
        return JsonSerializer.Serialize(content, StrictJson.OneLine);
    }

    /// <summary>The type whose keys are those of the file, for its schema.</summary>
    public static Type ContentType => typeof(Content);

    private static ExpertPlacement Of(Content content, string path)
    {
        var faults = new InputFaults(path);
        faults.Require(content.Format == FormatName, "format", content.Format, $"\"{FormatName}\"");
        PlacementCheck.Check(faults, content.HiddenLayers, content.MoeLayerIds, content.Experts, content.Nodes, content.RanksPerNode, content.Slots);
        faults.ThrowIfAny();
        return new ExpertPlacement(
            content.Model, content.HiddenLayers, content.MoeLayerIds, content.Experts, content.Nodes, content.RanksPerNode, content.Slots, content.Provenance);
    }

    internal sealed record Content(
        string Format,
        string Model,
        ImmutableArray<int> MoeLayerIds,
        int HiddenLayers,
        int Nodes,
        int RanksPerNode,
        int Experts,
        ImmutableArray<ImmutableArray<ImmutableArray<int>>> Slots,
        PlacementProvenance Provenance);
}
