using MoEPlace.Traces;
using MoEPlace.Traces.Importers;

namespace MoEPlace.Tests.Shared;

/// <summary>A recording of the shared data, imported into a folder of its own that is gone when disposed.</summary>
internal sealed class RecordedTrace : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("moeplace-");

    private RecordedTrace(Func<string, string> import)
    {
        try
        {
            Trace = RoutingTrace.Open(import(folder.FullName));
        }
        catch
        {
            folder.Delete(recursive: true);
            throw;
        }
    }

    internal RoutingTrace Trace { get; }

    internal static RecordedTrace GptOss()
    {
        var ids = SharedData.Path("traces", "gpt-oss-20b", "subset.ids.u8.npy");
        return new RecordedTrace(folder => NpyImport.Run(new NpyImportOptions(ids, Path.Combine(folder, "trace.safetensors"))
        {
            Weights = ids.Replace("ids.u8", "probs.f16", StringComparison.Ordinal),
            Index = ids.Replace("ids.u8.npy", "index.json", StringComparison.Ordinal),
            Model = "gpt-oss-20b",
        }).Path);
    }

    /// <summary>The four tasks in the order intent, law, summary, translation.</summary>
    internal static RecordedTrace DeepSeekV2Lite()
    {
        var from = SharedData.Path("traces", "deepseek-v2-lite-esft");
        return new RecordedTrace(folder => TraceMerge.Run(
            [.. new[] { "intent", "law", "summary", "translation" }.Select(task => NpyImport.Run(
                new NpyImportOptions(Path.Combine(from, $"{task}.ids.u8.npy"), Path.Combine(folder, $"{task}.safetensors"))
                {
                    Weights = Path.Combine(from, $"{task}.weights.f16.npy"),
                    Lengths = Path.Combine(from, $"{task}.seqlens.json"),
                    Domain = task,
                    Model = "deepseek-v2-lite",
                    MoeLayers = "1-26",
                }).Path)],
            Path.Combine(folder, "trace.safetensors")).Path);
    }

    public void Dispose()
    {
        Trace.Dispose();
        folder.Delete(recursive: true);
    }
}
