using System.Collections.Immutable;

namespace MoEPlace.Placement.EngineMaps;

/// <summary>
/// SGLang's <c>--init-expert-location</c> file: <c>{"physical_to_logical_map": [[expert of slot 0, …], …]}</c>, one row for every layer of
/// the model, dense ones included, and no other key, for SGLang passes keys on as arguments. Slot j is on rank j / (slots / ranks);
/// slots = experts + <c>--ep-num-redundant-experts</c>, a multiple of the expert-parallel size. The rows of dense layers are not used, yet
/// every expert must stand in them: 0, 1, … and again from 0.
/// </summary>
public static class SglangMap
{
    /// <summary>The name of the engine.</summary>
    public const string Engine = "sglang";

    private const string Key = "physical_to_logical_map";

    /// <summary>Writes a placement, whole or not at all.</summary>
    /// <exception cref="InputException">Ranks differ in slots, or the path cannot be written.</exception>
    public static void Write(string path, ExpertPlacement placement)
    {
        ArgumentNullException.ThrowIfNull(placement);
        var slots = EngineMapCheck.EqualSlots(path, placement);
        var dense = Enumerable.Range(0, slots).Select(slot => slot % placement.Experts).ToArray();
        var content = EngineJson.Bytes(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray(Key);
            for (var id = 0; id < placement.HiddenLayers; id++)
            {
                var layer = placement.MoeLayerIds.IndexOf(id);
                EngineJson.WriteIntegers(writer, layer < 0 ? dense : EngineMapCheck.Row(placement, layer));
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
        var layers = ImmutableArray.CreateBuilder<ImmutableArray<ImmutableArray<int>>>();
        if (EngineJson.CheckKeys(document.RootElement, faults, "$", [Key], [])
            && EngineJson.List(document.RootElement.GetProperty(Key), faults, Key) is { } list
            && faults.Require(
                list.Length == context.HiddenLayers, Key, $"{list.Length} rows",
                    $"{context.HiddenLayers} rows, one for each layer of the model, dense ones included"))
        {
            var rows = list.Select((row, id) => EngineJson.Integers(row, faults, $"{Key}[{id}]")).ToArray();
            if (rows.FirstOrDefault(row => row is not null) is { } first
                && EngineMapCheck.CheckSlots(faults, $"{Key}[{Array.IndexOf(rows, first)}] entries", first.Length, context))
                for (var id = 0; id < rows.Length; id++)
                {
                    if (rows[id] is not { } row)
                        continue;
                    if (context.MoeLayerIds.Contains(id))
                        layers.Add(EngineMapCheck.CheckRow(faults, $"{Key}[{id}]", row, first.Length, context));
                    else
                        CheckDenseRow(faults, $"{Key}[{id}]", row, first.Length, context.Experts);
                }
        }
        faults.ThrowIfAny();
        return EngineMapCheck.Placement(Engine, layers.ToImmutable(), context);
    }

    private static void CheckDenseRow(InputFaults faults, string field, int[] row, int slots, int experts)
    {
        if (!faults.Require(row.Length == slots, field, $"{row.Length} entries", $"{slots} entries, one for each slot"))
            return;
        var missing = Enumerable.Range(0, experts).Except(row).DefaultIfEmpty(-1).First();
        faults.Require(missing < 0, field,
            $"no slot for expert {missing}", "every expert in at least one slot, in the rows of dense layers too");
        for (var slot = 0; slot < row.Length; slot++)
            if (row[slot] < 0 || row[slot] >= experts)
                faults.Add($"{field}[{slot}]", row[slot], $"0 to {experts - 1} (experts - 1)");
    }
}
