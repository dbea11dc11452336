using MoEPlace.Traces.Npy;

namespace MoEPlace.Traces.Importers;

/// <summary>
/// Imports vLLM's routed_experts as a trace: logical ids, one sequence per choice of a response, positions from the first recorded
/// token on. The router's choices stand in no promised order.
/// </summary>
public static class VllmImport
{
    /// <summary>Imports.</summary>
    /// <exception cref="InputException">A file is not as it should be; nothing is written then.</exception>
    public static ImportResult Run(VllmImportOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return RoutedExperts.Import(options, ImportModel.Read(options), options.Files, Open);
    }

    private static IEnumerable<NpyFile> Open(string path) =>
        path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase)
            ? EngineResponses.Read(path, "routed_experts").Select(p => NpyFile.FromBytes(p.Payload, p.Name))
            : Once(path);

    private static IEnumerable<NpyFile> Once(string path)
    {
        yield return NpyFile.Open(path);
    }
}
