using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace MoEPlace.Placement.EngineMaps;

/// <summary>
/// vLLM's offline mapping, one JSON object per line: <c>{"record_type": "eplb_initial_mapping", "version": 1, "num_redundant_experts",
/// "num_slots", "initial_global_assignments": {"MoE layer from 0": [expert of slot 0, …]}}</c>; slot j is on rank j / (num_slots / ranks).
/// The loader of this file is an open pull request of vLLM (41141, <c>initial_mapping_path</c> in <c>--eplb-config</c>): its keys may still
/// change, and no release reads it yet. It refuses a num_redundant_experts other than its own option's.
/// </summary>
public static class VllmMap
{
    /// <summary>The name of the engine.</summary>
    public const string Engine = "vllm";

    private const string Mapping = "eplb_initial_mapping";
    private const string Assignments = "initial_global_assignments";
    private static readonly string[] Required = ["record_type", "version", "num_redundant_experts", "num_slots", Assignments];
    private static readonly string[] OtherRecords = ["session_metadata", "bench_run_start", "eplb_load_stats"];

    /// <summary>Writes a placement as one record, whole or not at all.</summary>
    /// <exception cref="InputException">Ranks differ in slots, or the path cannot be written.</exception>
    public static void Write(string path, ExpertPlacement placement)
    {
        ArgumentNullException.ThrowIfNull(placement);
        var slots = EngineMapCheck.EqualSlots(path, placement);
        var content = EngineJson.Bytes(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("record_type", Mapping);
            writer.WriteNumber("version", 1);
            writer.WriteNumber("num_redundant_experts", slots - placement.Experts);
            writer.WriteNumber("num_slots", slots);
            writer.WriteStartObject(Assignments);
            for (var layer = 0; layer < placement.Layers; layer++)
            {
                writer.WritePropertyName(layer.ToString(CultureInfo.InvariantCulture));
                EngineJson.WriteIntegers(writer, EngineMapCheck.Row(placement, layer));
            }
            writer.WriteEndObject();
            writer.WriteEndObject();
        });
        EngineMapCheck.Write(path, placement, content, Parse);
    }

    /// <summary>Reads the one mapping of a file; records of load and of the session are skipped.</summary>
    /// <exception cref="InputException">It breaks a rule of the format, or is no placement of this shape; every fault is told.</exception>
    public static ExpertPlacement Read(string path, EngineMapContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Parse(EngineMapCheck.ReadFile(path), path, context);
    }

    internal static ExpertPlacement Parse(byte[] content, string file, EngineMapContext context)
    {
        var faults = new InputFaults(file);
        ImmutableArray<ImmutableArray<ImmutableArray<int>>> layers = default;
        var (mapped, line) = (0, 0);
        for (var begin = 0; begin < content.Length; line++)
        {
            var length = content.AsSpan(begin).IndexOf((byte)'\n');
            var record = content.AsMemory(begin, length < 0 ? content.Length - begin : length);
            begin += record.Length + 1;
            if (record.Span.Trim(" \t\r"u8).IsEmpty)
                continue;
            var field = $"line {line + 1}";
            using var document = EngineJson.Parse(record, file, field);
            if (!IsMapping(document.RootElement, faults, field))
                continue;
            if (faults.Require(mapped == 0, field, $"a second {Mapping}", $"one, which line {mapped} is"))
                (layers, mapped) = (ParseMapping(document.RootElement, faults, field, context), line + 1);
        }
        faults.Require(mapped > 0 || faults.Any, "record_type", null, $"one line with the record_type \"{Mapping}\"");
        faults.ThrowIfAny();
        return EngineMapCheck.Placement(Engine, layers, context);
    }

    private static bool IsMapping(JsonElement record, InputFaults faults, string field)
    {
        var allowed = $"an object whose record_type is \"{Mapping}\", \"{string.Join("\", \"", OtherRecords)}\"";
        if (!faults.Require(record.ValueKind == JsonValueKind.Object, field, record.ValueKind, allowed))
            return false;
        var type = record.TryGetProperty("record_type", out var value) ? EngineJson.String(value) : null;
        return type == Mapping || !faults.Require(OtherRecords.Contains(type), $"{field} record_type", type, allowed);
    }

    private static ImmutableArray<ImmutableArray<ImmutableArray<int>>> ParseMapping(
        JsonElement record, InputFaults faults, string field, EngineMapContext context)
    {
        if (!EngineJson.CheckKeys(record, faults, field, Required, ["step"]))
            return default;
        var version = EngineJson.Integer(record.GetProperty("version"), faults, $"{field} version", "1");
        faults.Require(version is null or 1, $"{field} version", version, "1");
        if (record.TryGetProperty("step", out var stepValue) && EngineJson.Integer(stepValue, faults,
            $"{field} step", "0 or more") is { } step)
            faults.Require(step >= 0, $"{field} step", step, "0 or more");
        var redundant = EngineJson.Integer(record.GetProperty("num_redundant_experts"), faults,
            $"{field} num_redundant_experts", "num_slots - experts");
        if (EngineJson.Integer(record.GetProperty("num_slots"), faults, $"{field} num_slots", "a number of slots") is not { } slots
            || !EngineMapCheck.CheckSlots(faults, $"{field} num_slots", slots, context))
            return default;
        faults.Require(
            redundant is null || redundant == slots - context.Experts, $"{field} num_redundant_experts", redundant,
                $"{slots - context.Experts} (num_slots - {context.Experts} experts)");
        return ParseAssignments(record.GetProperty(Assignments), faults, $"{field} {Assignments}", slots, context);
    }

    private static ImmutableArray<ImmutableArray<ImmutableArray<int>>> ParseAssignments(
        JsonElement value, InputFaults faults, string field, int slots, EngineMapContext context)
    {
        var keys = Enumerable.Range(0, context.Layers).Select(layer => layer.ToString(CultureInfo.InvariantCulture)).ToArray();
        var layers = new ImmutableArray<ImmutableArray<int>>[context.Layers];
        if (!faults.Require(value.ValueKind == JsonValueKind.Object, field, value.ValueKind, "an object with one key for each MoE layer"))
            return default;
        foreach (var property in value.EnumerateObject())
        {
            var name = EngineJson.Name(property);
            var layer = Array.IndexOf(keys, name);
            if (faults.Require(layer >= 0, field, name, $"the keys \"0\" to \"{context.Layers - 1}\", the MoE layers from 0")
                && EngineJson.Integers(property.Value, faults, $"{field}.{name}") is { } row)
                layers[layer] = EngineMapCheck.CheckRow(faults, $"{field}.{name}", row, slots, context);
        }
        foreach (var key in keys)
            faults.Require(value.TryGetProperty(key, out _), $"{field}.{key}", null, "a list of experts for every MoE layer");
        return [.. layers];
    }
}
