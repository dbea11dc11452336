using MoEPlace.Traces.Npy;

namespace MoEPlace.Traces.Importers;

/// <summary>Imports recordings of SGLang; what the files hold decides whether a trace or a load file comes of it.</summary>
public static class SglangImport
{
    /// <summary>Imports.</summary>
    /// <exception cref="InputException">A file is not as it should be; nothing is written then.</exception>
    public static ImportResult Run(SglangImportOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Files.IsDefaultOrEmpty)
            throw new InputException("files", "files", 0, "at least one file");
        var model = ImportModel.Read(options);
        if (options.Files.All(IsJson))
            return Responses(options, model);
        var dumps = new List<SglangDump>();
        try
        {
            foreach (var file in options.Files)
                dumps.Add(SglangDump.Open(file));
            return Dumps(options, model, dumps);
        }
        finally
        {
            foreach (var dump in dumps)
                dump.Dispose();
        }
    }

    private static ImportResult Dumps(SglangImportOptions options, MoEModel? model, List<SglangDump> dumps)
    {
        var other = dumps.FirstOrDefault(d => d.Kind != dumps[0].Kind);
        if (other is not null)
            throw new InputException(other.Path, "kind", other.Kind.ToString(), $"{dumps[0].Kind}, like the first file");
        if (dumps[0].Kind == SglangDumpKind.Tokens)
            return SglangTokens.Import(options, model, dumps);
        if (model is null)
            throw new InputException(
                dumps[0].Path, "model", null, "--model: counts cannot say which layers are dense nor how many experts a token has");
        return dumps[0].Kind == SglangDumpKind.Statistics
            ? SglangStatistics.Import(options, model, dumps)
            : SglangPasses.Import(options, model, dumps);
    }

    // Raw 32-bit integers without a header: only the model can say their shape.
    private static ImportResult Responses(SglangImportOptions options, MoEModel? model)
    {
        if (model is null)
            throw new InputException(
                options.Files[0], "model", null, "--model: the payload has no header, so layers and top-k must be told");
        return RoutedExperts.Import(options, model, options.Files,
            path => EngineResponses.Read(path, "meta_info.routed_experts", "sglext.routed_experts").Select(p =>
        {
            var bytesPerToken = 4L * model.HiddenLayers * model.TopK;
            if (p.Payload.Length % bytesPerToken != 0)
                throw new InputException(
                    p.Name, "length", p.Payload.Length,
                    $"a multiple of {bytesPerToken} bytes: 4 x {model.HiddenLayers} hidden layers x {model.TopK} choices of {model.Name}");
            return NpyFile.FromElements(p.Payload, NpyType.I4, [p.Payload.Length / bytesPerToken, model.HiddenLayers, model.TopK], p.Name);
        }));
    }

    private static bool IsJson(string path) =>
        path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase);
}
