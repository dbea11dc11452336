using MoEPlace.Traces.Pickle;

namespace MoEPlace.Traces.Importers;

/// <summary>
/// Imports a stat or stat_approx dump: logical counts [steps, hidden layers, experts], already summed over ranks. Steps without a count
/// are unused entries of the recorder's ring and are left out.
/// </summary>
internal static class SglangStatistics
{
    private const string Key = "logical_count";

    internal static ImportResult Import(SglangImportOptions options, MoEModel model, List<SglangDump> dumps)
    {
        if (dumps.Count > 1)
            throw new InputException(dumps[1].Path, "files", dumps.Count, "one file: a stat dump is already summed over ranks");
        var dump = dumps[0];
        var tensor = dump.Fields.Tensor(Key, "steps", "hidden layers", "experts");
        var faults = new InputFaults(dump.Path);
        faults.Require(tensor.Shape[0] >= 1, $"{Key}.shape[0]", tensor.Shape[0], "at least one step");
        faults.Require(
            tensor.Shape[1] == model.HiddenLayers, $"{Key}.shape[1]", tensor.Shape[1],
            $"{model.HiddenLayers} hidden layers of {model.Name}, dense ones included");
        faults.Require(tensor.Shape[2] == model.Experts, $"{Key}.shape[2]", tensor.Shape[2], $"{model.Experts} experts of {model.Name}");
        faults.ThrowIfAny();
        var rows = new CountRows(model, ImportModel.DenseLayers(options, model.HiddenLayers));
        var windows = Windows(dump, tensor, rows).LongCount();
        if (windows == 0)
            throw new InputException(dump.Path, Key, "0 everywhere", "counts of at least one step");
        rows.CheckUsed(dump.Path, Key);
        var header = new LoadHeader(model, TraceOrigin.Measured, options.Source ?? Path.GetFileName(dump.Path), options.Licence ?? "");
        LoadFile.Write(options.Output, header, windows, Windows(dump, tensor, rows));
        string[] notes = windows == tensor.Shape[0] ? []
            : [$"{tensor.Shape[0] - windows} of {tensor.Shape[0]} steps had no count and were left out."];
        return new ImportResult(options.Output, LoadHeader.FormatName, model, 0, 0, windows, TraceColumns.None, [], [.. notes]);
    }

    private static IEnumerable<long[]> Windows(SglangDump dump, TorchTensor tensor, CountRows rows)
    {
        var width = checked((int)(tensor.Shape[1] * tensor.Shape[2]));
        var counts = new long[width];
        for (long step = 0; step < tensor.Shape[0]; step++)
        {
            dump.Archive.CopyIntegers(tensor, step * width, counts);
            if (rows.Take(counts, dump.Path, $"{Key}[{step}]") is { } window)
                yield return window;
        }
    }
}
