using System.Collections.Immutable;
using System.Text.Json;

namespace MoEPlace.Placement.EngineMaps;

/// <summary>
/// vllm-ascend's expert map (<c>additional_config.eplb_config.expert_map_path</c>): <c>{"moe_layer_count", "layer_list": [{"layer_id",
/// "device_count", "device_list": [{"device_id", "device_expert": [expert of slot 0, …]}]}]}</c>. Layers are MoE layers numbered from 0,
/// devices are ranks; the engine goes by their places in the lists, so an id that is not its place is refused. All devices hold
/// equally many experts; what they hold beyond one of each is the redundancy.
/// </summary>
public static class VllmAscendMap
{
    /// <summary>The name of the engine.</summary>
    public const string Engine = "vllm-ascend";

    private static readonly string[] LayerKeys = ["layer_id", "device_count", "device_list"];
    private static readonly string[] DeviceKeys = ["device_id", "device_expert"];

    /// <summary>Writes a placement, whole or not at all.</summary>
    /// <exception cref="InputException">Ranks differ in slots, or the path cannot be written.</exception>
    public static void Write(string path, ExpertPlacement placement)
    {
        ArgumentNullException.ThrowIfNull(placement);
        EngineMapCheck.EqualSlots(path, placement);
        var content = EngineJson.Bytes(writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("moe_layer_count", placement.Layers);
            writer.WriteStartArray("layer_list");
            for (var layer = 0; layer < placement.Layers; layer++)
            {
                writer.WriteStartObject();
                writer.WriteNumber("layer_id", layer);
                writer.WriteNumber("device_count", placement.Ranks);
                writer.WriteStartArray("device_list");
                for (var rank = 0; rank < placement.Ranks; rank++)
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("device_id", rank);
                    writer.WritePropertyName("device_expert");
                    EngineJson.WriteIntegers(writer, placement.ExpertsOn(new LayerId(layer), new RankId(rank)));
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
        EngineMapCheck.Write(path, placement, content, Parse);
    }

    /// <summary>Reads a map.</summary>
    /// <exception cref="InputException">It breaks a rule of the format, or is no placement of this shape; every fault is told.</exception>
    public static ExpertPlacement Read(string path, EngineMapContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Parse(EngineMapCheck.ReadFile(path), path, context);
    }

    internal static ExpertPlacement Parse(byte[] content, string file, EngineMapContext context)
    {
        var faults = new InputFaults(file);
        using var document = EngineJson.Parse(content, file);
        var root = document.RootElement;
        var layers = new List<ImmutableArray<ImmutableArray<int>>>();
        if (EngineJson.CheckKeys(root, faults, "$", ["moe_layer_count", "layer_list"], []))
        {
            Expect(root.GetProperty("moe_layer_count"), faults, "moe_layer_count", context.Layers, "MoE layers");
            if (EngineJson.List(root.GetProperty("layer_list"), faults, "layer_list") is { } list
                && faults.Require(list.Length == context.Layers, "layer_list", $"{list.Length} layers",
                    $"{context.Layers}, the MoE layers"))
                layers.AddRange(list.Select((layer, at) => ParseLayer(layer, faults, at, context)));
        }
        CheckEqualSlots(faults, layers);
        faults.ThrowIfAny();
        return EngineMapCheck.Placement(Engine, [.. layers], context);
    }

    private static ImmutableArray<ImmutableArray<int>> ParseLayer(JsonElement value, InputFaults faults, int at, EngineMapContext context)
    {
        var field = $"layer_list[{at}]";
        if (!EngineJson.CheckKeys(value, faults, field, LayerKeys, []))
            return default;
        Expect(value.GetProperty("layer_id"), faults, $"{field}.layer_id", at, "its place in the list");
        Expect(value.GetProperty("device_count"), faults, $"{field}.device_count", context.Ranks, "ranks");
        if (EngineJson.List(value.GetProperty("device_list"), faults, $"{field}.device_list") is not { } list
            || !faults.Require(list.Length == context.Ranks, $"{field}.device_list", $"{list.Length} devices",
                $"{context.Ranks}, the ranks"))
            return default;
        ImmutableArray<ImmutableArray<int>> layer = [.. list.Select((device, rank) => ParseDevice(device, faults,
            $"{field}.device_list[{rank}]", rank))];
        if (layer.Any(rank => rank.IsDefault))
            return default;
        PlacementCheck.CheckLayer(
            faults, field, layer, context.Experts, context.Ranks, (rank, slot) => $"{field}.device_list[{rank}].device_expert[{slot}]");
        return layer;
    }

    private static ImmutableArray<int> ParseDevice(JsonElement value, InputFaults faults, string field, int rank)
    {
        if (!EngineJson.CheckKeys(value, faults, field, DeviceKeys, []))
            return default;
        Expect(value.GetProperty("device_id"), faults, $"{field}.device_id", rank, "its place in the list");
        return EngineJson.Integers(value.GetProperty("device_expert"), faults,
            $"{field}.device_expert") is { } experts ? [.. experts] : default;
    }

    private static void Expect(JsonElement value, InputFaults faults, string field, int expected, string what)
    {
        var allowed = $"{expected}, {what}";
        if (EngineJson.Integer(value, faults, field, allowed) is { } number)
            faults.Require(number == expected, field, number, allowed);
    }

    private static void CheckEqualSlots(InputFaults faults, List<ImmutableArray<ImmutableArray<int>>> layers)
    {
        var each = -1;
        for (var layer = 0; layer < layers.Count; layer++)
            for (var rank = 0; !layers[layer].IsDefault && rank < layers[layer].Length; rank++)
            {
                var own = layers[layer][rank].Length;
                each = each < 0 ? own : each;
                if (own != each)
                    faults.Add($"layer_list[{layer}].device_list[{rank}].device_expert", $"{own} experts",
                        $"{each}, as on the first device: all devices hold equally many");
            }
    }
}
