namespace MoEPlace.Benchmarks.Peers;

/// <summary>The recordings of real models that lie beside the repository, imported by the program's own commands.</summary>
internal static class Recordings
{
    private static readonly string[] Tasks = ["intent", "law", "summary", "translation"];

    /// <summary>Imports all of them.</summary>
    /// <param name="program">Runs a command of MoEPlace that must work.</param>
    /// <param name="folder">Where the traces go.</param>
    /// <returns>A short name and the trace of each.</returns>
    /// <exception cref="InputException">The recordings are not there.</exception>
    internal static (string Name, string Trace)[] Import(Action<string[]> program, string folder)
    {
        var data = Data();
        return [("gpt-oss-20b", GptOss(program, data, folder)), ("deepseek-v2-lite", DeepSeekV2Lite(program, data, folder))];
    }

    private static string GptOss(Action<string[]> program, string data, string folder)
    {
        var from = Path.Combine(data, "traces", "gpt-oss-20b");
        var trace = Path.Combine(folder, "gpt-oss-20b.safetensors");
        program([
            "trace", "import", "--from", "npy", "--ids", Path.Combine(from, "subset.ids.u8.npy"),
            "--weights", Path.Combine(from, "subset.probs.f16.npy"), "--index", Path.Combine(from, "subset.index.json"),
            "--model", "gpt-oss-20b", "--source", "gpt-oss-20b on eleven benchmarks", "-o", trace,
        ]);
        return trace;
    }

    private static string DeepSeekV2Lite(Action<string[]> program, string data, string folder)
    {
        var from = Path.Combine(data, "traces", "deepseek-v2-lite-esft");
        var parts = Array.ConvertAll(Tasks, task => Path.Combine(folder, $"{task}.safetensors"));
        foreach (var (task, part) in Tasks.Zip(parts))
            program([
                "trace", "import", "--from", "npy", "--ids", Path.Combine(from, $"{task}.ids.u8.npy"),
                "--weights", Path.Combine(from, $"{task}.weights.f16.npy"), "--lengths", Path.Combine(from, $"{task}.seqlens.json"),
                "--domain", task, "--model", "deepseek-v2-lite", "--moe-layers", "1-26",
                "--source", $"DeepSeek-V2-Lite, task {task}", "-o", part,
            ]);
        var trace = Path.Combine(folder, "deepseek-v2-lite.safetensors");
        program(["trace", "merge", .. parts, "-o", trace]);
        return trace;
    }

    private static string Data()
    {
        var shared = Environment.GetEnvironmentVariable("MOEPLACE_SHARED") is { Length: > 0 } told ? told : Path.Combine("..", "shared");
        var data = Path.Combine(shared, "data");
        return Directory.Exists(Path.Combine(data, "traces"))
            ? data
            : throw new InputException("peers", "recordings", data, "a folder that holds traces/; MOEPLACE_SHARED names the folder above it");
    }
}
