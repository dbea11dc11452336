namespace MoEPlace.Traces.Importers;

/// <summary>
/// Imports per_pass dumps: physical counts of each rank. Counts of equal passes are added over ranks, slots are mapped to logical
/// experts. A pass that not all ranks recorded, or without a count, is left out.
/// </summary>
internal static class SglangPasses
{
    private const string Key = "global_physical_count";

    internal static ImportResult Import(SglangImportOptions options, MoEModel model, List<SglangDump> dumps)
    {
        var map = SglangExpertMap.Read(dumps, model);
        if (map.HiddenLayers != model.HiddenLayers)
            throw new InputException(
                dumps[0].Path, "last_physical_to_logical_map", map.HiddenLayers,
                $"{model.HiddenLayers} hidden layers of {model.Name}, dense ones included");
        var passes = Group(dumps);
        var ranks = dumps.SelectMany(d => d.Records).Select(r => r.Rank).Distinct().Count();
        var complete = passes.Where(p => p.Select(r => r.Rank).Distinct().Count() == ranks).ToList();
        if (complete.Count == 0)
            throw new InputException(
                dumps[0].Path, "records", "no pass that all ranks recorded", $"the files of all {ranks} ranks, of one dump");
        var rows = new CountRows(model, ImportModel.DenseLayers(options, model.HiddenLayers));
        var used = complete.Where(p => Window(p, map, model, rows) is not null).ToList();
        if (used.Count == 0)
            throw new InputException(dumps[0].Path, Key, "0 everywhere", "counts of at least one pass");
        rows.CheckUsed(dumps[0].Path, Key);
        var header = new LoadHeader(model, TraceOrigin.Measured, options.Source ?? Path.GetFileName(dumps[0].Path), options.Licence ?? "");
        LoadFile.Write(options.Output, header, used.Count, used.Select(p => Window(p, map, model, rows)!));
        var notes = new List<string> { "Slots were mapped to experts by the map at the time of the dump; a rebalancing while recording would not show." };
        if (complete.Count < passes.Count)
            notes.Add($"{passes.Count - complete.Count} of {passes.Count} passes were not recorded by all {ranks} ranks and were left out.");
        if (used.Count < complete.Count)
            notes.Add($"{complete.Count - used.Count} passes had no count and were left out.");
        return new ImportResult(options.Output, LoadHeader.FormatName, model, 0, 0, used.Count, TraceColumns.None, [], [.. notes]);
    }

    private static List<List<SglangRecord>> Group(List<SglangDump> dumps)
    {
        var passes = new SortedDictionary<long, List<SglangRecord>>();
        var seen = new HashSet<(long, int, string)>();
        foreach (var record in dumps.SelectMany(d => d.Records))
        {
            var part = record.Fields.Has("gatherer_key") ? record.Fields.Text("gatherer_key") : "primary";
            if (!seen.Add((record.PassId, record.Rank, part)))
                throw new InputException(
                    record.Dump.Path, record.Fields.Field("forward_pass_id"), record.PassId,
                    $"each pass once per rank; rank {record.Rank} has it twice: is a file given twice?");
            if (!passes.TryGetValue(record.PassId, out var list))
                passes.Add(record.PassId, list = []);
            list.Add(record);
        }
        return [.. passes.Values];
    }

    private static long[]? Window(List<SglangRecord> pass, SglangExpertMap map, MoEModel model, CountRows rows)
    {
        var counts = new long[model.HiddenLayers * model.Experts];
        var first = pass[0];
        foreach (var record in pass)
        {
            var tensor = record.Fields.Tensor(Key, "hidden layers", "slots");
            if (tensor.Shape[0] != map.HiddenLayers || tensor.Shape[1] != map.Slots)
                throw new InputException(
                    record.Dump.Path, record.Fields.Field(Key), tensor.ShapeText,
                    $"[{map.HiddenLayers}, {map.Slots}], the shape of the map");
            var physical = record.Dump.Read(tensor);
            var wrong = physical.AsSpan().IndexOfAnyExceptInRange(0, int.MaxValue);
            if (wrong >= 0)
                throw new InputException(
                    record.Dump.Path, $"{record.Fields.Field(Key)}[{wrong / map.Slots}, {wrong % map.Slots}]", physical[wrong],
                    $"0 to {int.MaxValue}");
            for (var layer = 0; layer < map.HiddenLayers; layer++)
            {
                var logical = map.Layer(layer);
                for (var slot = 0; slot < map.Slots; slot++)
                    counts[layer * model.Experts + (int)logical[slot]] += physical[layer * map.Slots + slot];
            }
        }
        return rows.Take(counts, first.Dump.Path, $"{first.Fields.Field(Key)} (sum over ranks)");
    }
}
