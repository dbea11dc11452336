using System.Collections.Immutable;

namespace MoEPlace.Traces.Importers;

/// <summary>Imports the raw choices of TensorRT-LLM: tensors [tokens of the rank, top-k] per iteration and layer, not summed.</summary>
internal static class TensorRtLlmTokens
{
    internal static ImportResult Import(TensorRtLlmImportOptions options, TensorRtLlmFolder folder, MoEModel model)
    {
        var (tokens, batches) = (0L, 0);
        foreach (var (iteration, rank) in Batches(folder))
        {
            var rows = Rows(folder, model, rank, iteration);
            tokens += rows;
            batches += rows > 0 ? 1 : 0;
            if (rows > 0)
                Experts(folder, model, rank, iteration, rows);
        }
        if (tokens is 0 or > int.MaxValue)
            throw new InputException(options.Folder, "tokens", tokens, "1 to 2,147,483,647 tokens");
        ImmutableArray<string> domains = options.Domain is null ? [] : [options.Domain];
        var columns = TraceColumns.Step | TraceColumns.Home | (domains.IsEmpty ? 0 : TraceColumns.Domain);
        var source = options.Source ?? Path.GetFileName(Path.GetFullPath(options.Folder));
        var order = options.ChoicesByWeight || model.TopK == 1 ? ChoiceOrder.ByWeight : ChoiceOrder.Unordered;
        using var writer = new RoutingTraceWriter(
            options.Output, new TraceHeader(model, TraceOrigin.Measured, source, options.Licence ?? "", order, domains), tokens, columns);
        var sequence = 0;
        foreach (var (iteration, rank) in Batches(folder))
        {
            var count = Rows(folder, model, rank, iteration);
            if (count == 0)
                continue;
            var rows = new TraceRows(
                Experts(folder, model, rank, iteration, count), new int[count], new int[count],
                Step: new int[count], Home: new ushort[count], Domain: domains.IsEmpty ? null : new byte[count]);
            Array.Fill(rows.Sequence, sequence++);
            Array.Fill(rows.Step!, iteration);
            Array.Fill(rows.Home!, (ushort)rank);
            for (var i = 0; i < count; i++)
                rows.Position[i] = i;
            writer.Append(rows);
        }
        writer.Complete();
        return new ImportResult(options.Output, TraceHeader.FormatName, model, tokens, batches, 0, columns, domains,
        [
            "The recording names no requests: the tokens of one rank and iteration count as one sequence, so train and test splits share requests.",
        ]);
    }

    private static IEnumerable<(int Iteration, int Rank)> Batches(TensorRtLlmFolder folder)
    {
        for (var iteration = 0; iteration < folder.Iterations; iteration++)
            for (var rank = 0; rank < folder.Ranks.Count; rank++)
                yield return (iteration, rank);
    }

    /// <summary>Tokens of a rank in an iteration: the same in all layers, or rows would not belong together.</summary>
    private static int Rows(TensorRtLlmFolder folder, MoEModel model, int rank, int iteration)
    {
        var faults = new InputFaults(folder.Ranks[rank].Path);
        var rows = -1L;
        for (var layer = 0; layer < model.Layers; layer++)
        {
            var tensor = folder.Tensor(rank, iteration, layer);
            var key = folder.Key(iteration, layer);
            faults.Require(tensor.DType is "I64" or "I32", key + ".dtype", tensor.DType, "I64 or I32");
            var shape = $"[{string.Join(", ", tensor.Shape)}]";
            if (!faults.Require(
                tensor.Shape is [_, var k] && k == model.TopK, key + ".shape", shape, $"[tokens, {model.TopK}] (num_experts_per_token)"))
                continue;
            rows = rows < 0 ? tensor.Shape[0] : rows;
            faults.Require(
                tensor.Shape[0] == rows, key + ".shape", shape,
                $"[{rows}, {model.TopK}]: as many tokens as in the other layers, or rows do not align");
        }
        faults.Require(rows * model.Layers * model.TopK <= Array.MaxLength, "tokens", rows, "fewer tokens in one iteration");
        faults.ThrowIfAny();
        return (int)rows;
    }

    private static ushort[] Experts(TensorRtLlmFolder folder, MoEModel model, int rank, int iteration, int rows)
    {
        var file = folder.Ranks[rank];
        var (width, topK) = (model.Layers * model.TopK, model.TopK);
        var ids = new long[rows * width];
        var ofLayer = new long[rows * topK];
        for (var layer = 0; layer < model.Layers; layer++)
        {
            TensorRtLlmImport.Copy(file, folder.Tensor(rank, iteration, layer), ofLayer);
            for (var t = 0; t < rows; t++)
                ofLayer.AsSpan(t * topK, topK).CopyTo(ids.AsSpan(t * width + layer * topK));
        }
        var experts = new ushort[ids.Length];
        var faults = new InputFaults(file.Path);
        new ChoiceCheck(model.MoeLayerIds, topK, model.Experts).Take(ids, experts, 0, faults,
            $"iteration {folder.FirstIteration + iteration} (token, layer, choice)");
        faults.ThrowIfAny();
        return experts;
    }
}
