using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace MoEPlace.Placement.EngineMaps;

/// <summary>
/// TensorRT-LLM's load balancer file (<c>moe_config.load_balancer</c>), YAML with the keys <c>num_slots</c>,
/// <c>initial_global_assignments</c> {model layer id: [expert of slot 0, …]} with MoE layers only, and <c>layer_updates_per_iter</c>
/// (0 = the placement stays). Slot j is on rank j / (num_slots / ranks). The key <c>ep_size</c>, which some of its scripts write, is understood.
/// </summary>
public static class TensorRtLlmMap
{
    /// <summary>The name of the engine.</summary>
    public const string Engine = "trtllm";

    private const string Slots = "num_slots";
    private const string Assignments = "initial_global_assignments";
    private const string Updates = "layer_updates_per_iter";
    private const string Ranks = "ep_size";

    /// <summary>Writes a placement, whole or not at all.</summary>
    /// <exception cref="InputException">Ranks differ in slots, or the path cannot be written.</exception>
    public static void Write(string path, ExpertPlacement placement)
    {
        ArgumentNullException.ThrowIfNull(placement);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Slots}: {EngineMapCheck.EqualSlots(path, placement)}\n{Assignments}:\n");
        for (var layer = 0; layer < placement.Layers; layer++)
            text.Append(CultureInfo.InvariantCulture,
                $"  {placement.MoeLayerIds[layer]}: [{string.Join(", ", EngineMapCheck.Row(placement, layer))}]\n");
        text.Append(CultureInfo.InvariantCulture, $"{Updates}: 0\n");
        EngineMapCheck.Write(path, placement, Encoding.UTF8.GetBytes(text.ToString()), Parse);
    }

    /// <summary>Reads a file; without initial assignments it holds no placement and is refused.</summary>
    /// <exception cref="InputException">It breaks a rule of the format, or is no placement of this shape; every fault is told.</exception>
    public static ExpertPlacement Read(string path, EngineMapContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Parse(EngineMapCheck.ReadFile(path), path, context);
    }

    internal static ExpertPlacement Parse(byte[] content, string file, EngineMapContext context)
    {
        var faults = new InputFaults(file);
        var yaml = new EngineYaml(EngineMapCheck.Text(content, file), (long)context.Layers * context.Experts * context.Ranks, faults);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        int? slots = null;
        Dictionary<int, int[]?> rows = [];
        yaml.BeginMapping("file", $"the keys {Slots}, {Assignments}, {Updates}");
        while (yaml.NextKey("file") is { } key)
        {
            faults.Require(seen.Add(key), key, "twice", "each key once");
            switch (key)
            {
                case Slots:
                    slots = yaml.Integer(key, "a number of slots");
                    break;
                case Assignments:
                    rows = ParseAssignments(yaml, faults, context);
                    break;
                case Updates:
                    yaml.Integer(key, "0 or more");
                    break;
                case Ranks:
                    if (yaml.Integer(key, "the number of ranks") is { } ranks)
                        faults.Require(ranks == context.Ranks, key, ranks, $"{context.Ranks}, the ranks");
                    break;
                default:
                    faults.Add("file", key, $"no other keys than {Slots}, {Assignments}, {Updates}, {Ranks}");
                    yaml.Skip(key);
                    break;
            }
        }
        yaml.End();
        faults.Require(seen.Contains(Slots), Slots, null, "the number of slots of a layer");
        faults.Require(seen.Contains(Assignments), Assignments, null, "the experts of every MoE layer");
        var layers = Check(faults, slots, rows, context);
        faults.ThrowIfAny();
        return EngineMapCheck.Placement(Engine, layers, context);
    }

    private static Dictionary<int, int[]?> ParseAssignments(EngineYaml yaml, InputFaults faults, EngineMapContext context)
    {
        var rows = new Dictionary<int, int[]?>();
        yaml.BeginMapping(Assignments, "a mapping of model layer id to experts");
        while (yaml.NextKey(Assignments) is { } key)
        {
            var row = yaml.Integers($"{Assignments}.{key}");
            if (faults.Require(
                EngineYaml.TryNumber(key, out var id) && context.MoeLayerIds.Contains(id), Assignments, key,
                    $"model layer ids of MoE layers, {context.MoeLayerIds[0]} to {context.MoeLayerIds[^1]}"))
                faults.Require(rows.TryAdd(id, row), $"{Assignments}.{key}", "twice", "each layer once");
        }
        foreach (var id in context.MoeLayerIds)
            faults.Require(rows.ContainsKey(id), $"{Assignments}.{id}", null, "a list of experts for every MoE layer");
        return rows;
    }

    private static ImmutableArray<ImmutableArray<ImmutableArray<int>>> Check(
        InputFaults faults, int? slots, Dictionary<int, int[]?> rows, EngineMapContext context)
    {
        if (slots is not { } each || !EngineMapCheck.CheckSlots(faults, Slots, each, context))
            return default;
        var layers = ImmutableArray.CreateBuilder<ImmutableArray<ImmutableArray<int>>>();
        foreach (var id in context.MoeLayerIds)
            if (rows.GetValueOrDefault(id) is { } row)
                layers.Add(EngineMapCheck.CheckRow(faults, $"{Assignments}.{id}", row, each, context));
        return layers.ToImmutable();
    }
}
