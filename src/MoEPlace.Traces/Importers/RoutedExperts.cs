using System.Collections.Immutable;
using MoEPlace.Traces.Npy;

namespace MoEPlace.Traces.Importers;

/// <summary>
/// Imports what an engine returns with a request: per request whole numbers [tokens, hidden layers, top-k], dense layers zero. One
/// request becomes one sequence. The arrays are opened one at a time, once to check and once to write.
/// </summary>
internal static class RoutedExperts
{
    private const string Field = "routed_experts";
    private const int CellsAtOnce = 1 << 18;

    internal static ImportResult Import(
        ImportOptions options, MoEModel? told, ImmutableArray<string> files, Func<string, IEnumerable<NpyFile>> open)
    {
        if (files.IsDefaultOrEmpty)
            throw new InputException("files", "files", 0, "at least one file");
        var (model, tokens, sequences, empty) = Survey(options, told, files, open);
        ImmutableArray<string> domains = options.Domain is null ? [] : [options.Domain];
        var order = options.ChoicesByWeight || model.TopK == 1 ? ChoiceOrder.ByWeight : ChoiceOrder.Unordered;
        var header = new TraceHeader(model, TraceOrigin.Measured, options.Source ?? Path.GetFileName(files[0]), options.Licence ?? "",
            order, domains);
        var columns = domains.IsEmpty ? TraceColumns.None : TraceColumns.Domain;
        using var writer = new RoutingTraceWriter(options.Output, header, tokens, columns);
        var sequence = 0;
        foreach (var recording in files.SelectMany(open))
        {
            using (recording)
                if (recording.Header.Shape[0] > 0)
                    Write(writer, recording, model, sequence++, !domains.IsEmpty);
        }
        writer.Complete();
        return new ImportResult(
            options.Output, TraceHeader.FormatName, model, tokens, sequences, 0, columns, domains, [.. Notes(told, model, empty, order)]);
    }

    private static (MoEModel Model, long Tokens, int Sequences, int Empty) Survey(
        ImportOptions options, MoEModel? told, ImmutableArray<string> files, Func<string, IEnumerable<NpyFile>> open)
    {
        HiddenLayerRows? rows = null;
        ChoiceCheck? check = null;
        var model = told;
        var (tokens, sequences, empty) = (0L, 0, 0);
        var faults = new InputFaults(files[0]);
        foreach (var recording in files.SelectMany(open))
        {
            using var opened = recording;
            faults = new InputFaults(recording.Path);
            model = Require(options, told, model, recording, faults);
            faults.ThrowIfAny();
            rows ??= new HiddenLayerRows(model!.HiddenLayers, model.MoeLayerIds, ImportModel.DenseLayers(options, model.HiddenLayers),
                model.TopK);
            check ??= new ChoiceCheck(model!.MoeLayerIds, model.TopK, told?.Experts ?? 0);
            foreach (var (first, ids) in Blocks(recording, model!))
            {
                var picked = new long[ids.Length / model!.HiddenLayers * model.Layers];
                if (!rows.Take(ids, picked, first, faults, Field) || !check.Take(picked, new ushort[picked.Length], first, faults, Field))
                    faults.ThrowIfAny();
            }
            tokens += recording.Header.Shape[0];
            sequences += recording.Header.Shape[0] > 0 ? 1 : 0;
            empty += recording.Header.Shape[0] > 0 ? 0 : 1;
        }
        faults.Require(tokens is >= 1 and <= int.MaxValue, "tokens", tokens, "1 to 2,147,483,647 tokens in all");
        rows?.CheckUsed(faults, Field, told?.Experts ?? 0);
        faults.ThrowIfAny();
        return (model! with { Experts = told?.Experts ?? Math.Max(check!.Largest + 1, model.TopK) }, tokens, sequences, empty);
    }

    /// <summary>The model that a recording fits; without a told one, the first recording decides and the others must agree.</summary>
    private static MoEModel? Require(ImportOptions options, MoEModel? told, MoEModel? model, NpyFile recording, InputFaults faults)
    {
        if (!recording.RequireIntegers(faults, Field, "tokens", "hidden layers", "top-k"))
            return null;
        var shape = recording.Header.Shape;
        faults.Require(shape[1] is >= 1 and <= 10_000, $"{Field}.shape[1]", shape[1], "1 to 10,000 hidden layers");
        faults.Require(shape[2] is >= 1 and <= MoEModel.MostExperts, $"{Field}.shape[2]", shape[2], $"1 to {MoEModel.MostExperts} choices");
        if (faults.Any || ImportModel.AllLayers(faults, options, told, shape[1], $"{Field}.shape[1]") is not var (hidden, ids))
            return null;
        model ??= new MoEModel(ImportModel.Unnamed, hidden, ids, MoEModel.MostExperts, (int)shape[2]);
        faults.Require(shape[1] == model.HiddenLayers, $"{Field}.shape[1]", shape[1], $"{model.HiddenLayers} hidden layers, as before");
        faults.Require(shape[2] == model.TopK, $"{Field}.shape[2]", shape[2], $"{model.TopK} experts per token of {model.Name}");
        return model;
    }

    private static void Write(RoutingTraceWriter writer, NpyFile recording, MoEModel model, int sequence, bool domain)
    {
        var rows = new HiddenLayerRows(model.HiddenLayers, model.MoeLayerIds, [], model.TopK);
        var check = new ChoiceCheck(model.MoeLayerIds, model.TopK, model.Experts);
        var faults = new InputFaults(recording.Path);
        foreach (var (first, ids) in Blocks(recording, model))
        {
            var picked = new long[ids.Length / model.HiddenLayers * model.Layers];
            var experts = new ushort[picked.Length];
            if (!rows.Take(ids, picked, first, faults, Field) || !check.Take(picked, experts, first, faults, Field))
                faults.ThrowIfAny();
            var count = picked.Length / (model.Layers * model.TopK);
            int[] sequences = new int[count], positions = new int[count];
            Array.Fill(sequences, sequence);
            for (var i = 0; i < count; i++)
                positions[i] = (int)first + i;
            writer.Append(new TraceRows(experts, sequences, positions, Domain: domain ? new byte[count] : null));
        }
    }

    private static IEnumerable<(long First, long[] Ids)> Blocks(NpyFile recording, MoEModel model)
    {
        var width = model.HiddenLayers * model.TopK;
        var capacity = Math.Max(1, CellsAtOnce / width);
        for (long first = 0, tokens = recording.Header.Shape[0]; first < tokens; first += capacity)
        {
            var ids = new long[(int)Math.Min(capacity, tokens - first) * width];
            recording.CopyIntegers(first * width, ids);
            yield return (first, ids);
        }
    }

    private static IEnumerable<string> Notes(MoEModel? told, MoEModel model, int empty, ChoiceOrder order)
    {
        if (told is null)
            yield return $"No model was told: {model.Experts} experts is the largest id + 1.";
        if (empty > 0)
            yield return $"{empty} requests without a recorded token were left out.";
        if (order == ChoiceOrder.Unordered)
            yield return "The engine does not promise an order of choices: measures that need a top-1 expert are refused for this trace.";
    }
}
