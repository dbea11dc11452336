using MoEPlace.Traces.Safetensors;

namespace MoEPlace.Traces.Importers;

/// <summary>
/// Imports TensorRT-LLM statistics. Counts are added over ranks, one window per iteration. Raw choices become a trace: rows of the
/// layers of one rank and iteration belong to the same tokens; home is the rank, step the iteration.
/// </summary>
public static class TensorRtLlmImport
{
    /// <summary>Imports.</summary>
    /// <exception cref="InputException">A file is missing or not as it should be; nothing is written then.</exception>
    public static ImportResult Run(TensorRtLlmImportOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var folder = TensorRtLlmFolder.Open(options.Folder, options.Raw);
        var model = folder.Model(options);
        return options.Raw ? TensorRtLlmTokens.Import(options, folder, model) : Counts(options, folder, model);
    }

    /// <summary>Some elements of a tensor of 32- or 64-bit integers.</summary>
    internal static void Copy(SafetensorsFile file, SafetensorsTensor tensor, Span<long> destination)
    {
        if (tensor.DType == "I64")
        {
            file.Elements<long>(tensor, 0, destination.Length).CopyTo(destination);
            return;
        }
        var source = file.Elements<int>(tensor, 0, destination.Length);
        for (var i = 0; i < source.Length; i++)
            destination[i] = source[i];
    }

    private static ImportResult Counts(TensorRtLlmImportOptions options, TensorRtLlmFolder folder, MoEModel model)
    {
        for (var iteration = 0; iteration < folder.Iterations; iteration++)
            Window(folder, model, iteration);
        var header = new LoadHeader(model, TraceOrigin.Measured, options.Source ?? Path.GetFileName(Path.GetFullPath(options.Folder)),
            options.Licence ?? "");
        LoadFile.Write(options.Output, header, folder.Iterations,
            Enumerable.Range(0, folder.Iterations).Select(i => Window(folder, model, i)));
        return new ImportResult(options.Output, LoadHeader.FormatName, model, 0, 0, folder.Iterations, TraceColumns.None, [], []);
    }

    private static long[] Window(TensorRtLlmFolder folder, MoEModel model, int iteration)
    {
        var window = new long[model.Layers * model.Experts];
        var counts = new long[model.Experts];
        for (var rank = 0; rank < folder.Ranks.Count; rank++)
        {
            var file = folder.Ranks[rank];
            for (var layer = 0; layer < model.Layers; layer++)
            {
                var tensor = folder.Tensor(rank, iteration, layer);
                var faults = new InputFaults(file.Path);
                var key = folder.Key(iteration, layer);
                faults.Require(tensor.DType is "I64" or "I32", key + ".dtype", tensor.DType, "I64 or I32");
                faults.Require(
                    tensor.Shape is [var n] && n == model.Experts, key + ".shape", $"[{string.Join(", ", tensor.Shape)}]",
                    $"[{model.Experts}] (num_experts)");
                faults.ThrowIfAny();
                Copy(file, tensor, counts);
                var outside = counts.AsSpan().IndexOfAnyExceptInRange(0, int.MaxValue);
                if (outside >= 0)
                    throw new InputException(file.Path, $"{key}[{outside}]", counts[outside], $"0 to {int.MaxValue}");
                for (var e = 0; e < counts.Length; e++)
                    window[layer * model.Experts + e] += counts[e];
            }
        }
        return window;
    }
}
