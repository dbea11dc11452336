using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Evaluation.Tests;

/// <summary>The recorded traces of the shared data folder; tests that need them are skipped where it is absent.</summary>
internal static class RealTraces
{
    internal static TestTrace GptOss()
    {
        var folder = Folder("gpt-oss-20b");
        using var index = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "subset.index.json")));
        var lengths = index.RootElement.EnumerateArray().Select(e => e.GetProperty("n").GetInt32());
        var dimensions = new ModelDimensions(2880, 2880, 0, 0, 201_088, 64, 8, 64, 64, 0, 0, 0, 0.53125, 2, 2);
        var model = new MoEModel("gpt-oss-20b", 24, [.. Enumerable.Range(0, 24)], 32, 4, dimensions);
        return Load(model, [(Path.Combine(folder, "subset.ids.u8.npy"), Path.Combine(folder, "subset.probs.f16.npy"))], lengths);
    }

    internal static TestTrace DeepSeekV2Lite()
    {
        var folder = Folder("deepseek-v2-lite-esft");
        string[] tasks = ["intent", "law", "summary", "translation"];
        var lengths = tasks.SelectMany(
            t => JsonSerializer.Deserialize<int[]>(File.ReadAllText(Path.Combine(folder, t + ".seqlens.json")))!);
        var dimensions = new ModelDimensions(2048, 1408, 2816, 10_944, 102_400, 16, 16, 128, 128, 512, 0, 64, 2, 2, 2);
        var model = new MoEModel("DeepSeek-V2-Lite", 27, [.. Enumerable.Range(1, 26)], 64, 6, dimensions);
        var files = tasks.Select(t => (Path.Combine(folder, t + ".ids.u8.npy"), Path.Combine(folder, t + ".weights.f16.npy")));
        return Load(model, [.. files], lengths);
    }

    private static TestTrace Load(MoEModel model, (string Experts, string Weights)[] files, IEnumerable<int> lengths)
    {
        ushort[] experts = [.. files.SelectMany(f => Data(f.Experts)).Select(e => (ushort)e)];
        Half[] weights = [.. files.SelectMany(f => MemoryMarshal.Cast<byte, Half>(Data(f.Weights)).ToArray())];
        int[] sequence = [.. lengths.SelectMany((n, number) => Enumerable.Repeat(number, n))];
        return new TestTrace(model, new TraceRows(experts, sequence, new int[sequence.Length], weights), ChoiceOrder.Unordered);
    }

    private static byte[] Data(string npy)
    {
        var bytes = File.ReadAllBytes(npy);
        Assert.Contains("'fortran_order': False", Encoding.ASCII.GetString(bytes, 0, 128), StringComparison.Ordinal);
        return bytes[(10 + BitConverter.ToUInt16(bytes, 8))..];
    }

    private static string Folder(string trace)
    {
        var shared = Environment.GetEnvironmentVariable("MOEPLACE_SHARED");
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); shared is null && at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "MoEPlace.sln")))
                shared = Path.Combine(at.FullName, "..", "shared", "data");
        string[] places = [Path.Combine(shared ?? "", "traces", trace), Path.Combine(shared ?? "", "data", "traces", trace)];
        var folder = places.FirstOrDefault(Directory.Exists);
        Assert.SkipUnless(folder is not null, $"the recorded trace {trace} is not at {places[0]}");
        return folder!;
    }
}
