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
    public static ExpertPlacement Read(string path)
    {
        var content = StrictJson.Read<Content>(path, FormatName);
        var faults = new InputFaults(path);
        faults.Require(content.Format == FormatName, "format", content.Format, $"\"{FormatName}\"");
        PlacementCheck.Check(faults, content.HiddenLayers, content.MoeLayerIds, content.Experts, content.Nodes, content.RanksPerNode, content.Slots);
        faults.ThrowIfAny();
        return new ExpertPlacement(
            content.Model, content.HiddenLayers, content.MoeLayerIds, content.Experts, content.Nodes, content.RanksPerNode, content.Slots, content.Provenance);
    }

    /// <summary>Writes a placement, whole or not at all.</summary>
    /// <exception cref="InputException">The path cannot be written.</exception>
    public static void Write(string path, ExpertPlacement placement)
    {
        ArgumentNullException.ThrowIfNull(placement);
        var content = new Content(
            FormatName, placement.Model, placement.MoeLayerIds, placement.HiddenLayers, placement.Nodes, placement.RanksPerNode,
            placement.Experts, placement.ToSlots(), placement.Provenance);
        OutputFile.Write(path, stream => JsonSerializer.Serialize(stream, content, StrictJson.OneLine));
    }

    /// <summary>The type whose keys are those of the file, for its schema.</summary>
    public static Type ContentType => typeof(Content);

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
