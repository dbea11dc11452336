using System.Collections.Immutable;

namespace MoEPlace.Traces.Importers;

/// <summary>
/// Imports per_token dumps as a trace: physical ids become logical, unused columns (-1) go, only MoE layers stay. step counts the
/// forward passes, home is the rank that ran a token, phase tells prefill from decode, sequences are derived
/// (<see cref="SglangSequences"/>). Where attention was not data parallel all ranks recorded the same tokens: then those of the first
/// file count, and there is no home.
/// </summary>
internal static class SglangTokens
{
    private const string Key = "topk_ids_of_layer";

    internal static ImportResult Import(SglangImportOptions options, MoEModel? told, List<SglangDump> dumps)
    {
        var map = SglangExpertMap.Read(dumps, told);
        var faults = new InputFaults(dumps[0].Path);
        var layers = ImportModel.AllLayers(faults, options, told, map.HiddenLayers, "last_physical_to_logical_map");
        faults.ThrowIfAny();
        var (hidden, moe) = layers!.Value;
        var replicated = Replicated(dumps);
        var order = Ordered(replicated ? dumps[..1] : dumps);
        var reader = new SglangTopK(map, moe, ImportModel.DenseLayers(options, hidden), told?.Experts ?? map.Experts);
        var (tokens, skipped, columns) = (0L, 0L, 0);
        foreach (var (record, _) in order)
        {
            var all = SglangBatch.Read(record).Tokens;
            var (kept, used) = reader.Survey(record, all);
            tokens += kept;
            skipped += all - kept;
            columns = Math.Max(columns, used);
            if (tokens > int.MaxValue)
                break;
        }
        if (tokens is 0 or > int.MaxValue)
            throw new InputException(dumps[0].Path, "records", tokens, "1 to 2,147,483,647 tokens with experts");
        reader.CheckUsed(dumps[0].Path);
        if (told is not null && columns > told.TopK)
            throw new InputException(
                dumps[0].Path, $"records[:].{Key}", $"{columns} columns in use",
                $"{told.TopK} experts per token of {told.Name}; the rest -1");
        var model = told ?? new MoEModel(ImportModel.Unnamed, hidden, moe, map.Experts, columns);
        var (written, sequences) = Write(options, model, order, reader, tokens, !replicated);
        return new ImportResult(
            options.Output, TraceHeader.FormatName, model, tokens, sequences, 0, written, options.Domain is null ? [] : [options.Domain],
            [.. Notes(options, replicated && dumps.Count > 1, skipped)]);
    }

    private static (TraceColumns Columns, int Sequences) Write(
        SglangImportOptions options, MoEModel model, List<(SglangRecord Record, int Step)> order, SglangTopK reader, long tokens,
        bool hasHome)
    {
        ImmutableArray<string> domains = options.Domain is null ? [] : [options.Domain];
        var choices = options.ChoicesByWeight || model.TopK == 1 ? ChoiceOrder.ByWeight : ChoiceOrder.Unordered;
        var source = options.Source ?? Path.GetFileName(options.Files[0]);
        var header = new TraceHeader(model, TraceOrigin.Measured, source, options.Licence ?? "", choices, domains);
        var columns = TraceColumns.Step | TraceColumns.Phase | (hasHome ? TraceColumns.Home : 0)
            | (domains.IsEmpty ? 0 : TraceColumns.Domain);
        using var writer = new RoutingTraceWriter(options.Output, header, tokens, columns);
        var (sequences, byRank) = (0, new Dictionary<int, SglangSequences>());
        foreach (var (record, step) in order)
        {
            if (!byRank.TryGetValue(record.Rank, out var known))
                byRank.Add(record.Rank, known = new SglangSequences(() => sequences++));
            var batch = SglangBatch.Read(record);
            var rows = reader.Read(record, batch, known, model.TopK);
            known.EndPass(step);
            var count = rows.Count;
            writer.Append(rows with
            {
                Step = Filled(count, step),
                Home = hasHome ? Filled(count, (ushort)record.Rank) : null,
                Domain = domains.IsEmpty ? null : new byte[count],
            });
        }
        writer.Complete();
        return (columns, sequences);
    }

    private static T[] Filled<T>(int count, T value)
    {
        var array = new T[count];
        Array.Fill(array, value);
        return array;
    }

    /// <summary>Records in the order of passes, then of ranks, with the ordinal of their pass.</summary>
    private static List<(SglangRecord Record, int Step)> Ordered(List<SglangDump> dumps)
    {
        var order = new List<(SglangRecord, int)>();
        var (step, last) = (-1, (Pass: -1L, Rank: -1));
        foreach (var record in dumps.SelectMany(d => d.Records).OrderBy(r => r.PassId).ThenBy(r => r.Rank))
        {
            if ((record.PassId, record.Rank) == last)
                throw new InputException(
                    record.Dump.Path, record.Fields.Field("forward_pass_id"), record.PassId,
                    $"each pass once per rank; rank {record.Rank} has it twice: is a file given twice?");
            step += record.PassId == last.Pass ? 0 : 1;
            last = (record.PassId, record.Rank);
            order.Add((record, step));
        }
        return order;
    }

    /// <summary>True when all files hold the same tokens in the same passes.</summary>
    private static bool Replicated(List<SglangDump> dumps)
    {
        var first = dumps[0].Records;
        foreach (var dump in dumps.Skip(1))
        {
            if (dump.Records.Length != first.Length || dump.Records[0].Rank == first[0].Rank)
                return false;
            for (var i = 0; i < first.Length; i++)
            {
                var (a, b) = (first[i], dump.Records[i]);
                if (a.PassId != b.PassId || !Same(a, b, "input_ids") || !Same(a, b, "positions"))
                    return false;
            }
        }
        return dumps.Count > 1;

        static bool Same(SglangRecord a, SglangRecord b, string key) => a.Fields.Integers(key).SequenceEqual(b.Fields.Integers(key));
    }

    private static IEnumerable<string> Notes(SglangImportOptions options, bool replicated, long skipped)
    {
        yield return "Slots were mapped to experts by the map at the time of the dump; a rebalancing while recording would not show.";
        yield return "Records name no requests: sequences were derived from positions and batch order.";
        if (replicated)
            yield return "All ranks recorded the same tokens (attention was not data parallel): those of the first file were taken, without a home rank.";
        if (skipped > 0)
            yield return $"{skipped} tokens without any expert were left out.";
        if (!options.ChoicesByWeight)
            yield return "The engine does not promise an order of choices: measures that need a top-1 expert are refused for this trace.";
    }
}
