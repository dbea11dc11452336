using System.Collections.Immutable;
using MoEPlace.Traces;
using Xunit;

[assembly: AssemblyFixture(typeof(MoEPlace.Cli.Tests.Samples))]

namespace MoEPlace.Cli.Tests;

/// <summary>Small good files that all tests read and none changes.</summary>
public sealed class Samples : IDisposable
{
    internal const int Tokens = 2_000;
    internal const string Model = """
        {
          "name": "toy", "hiddenLayers": 5, "moeLayerIds": [1, 2, 3, 4], "experts": 8, "topK": 2,
          "dimensions": {
            "hiddenSize": 64, "expertIntermediateSize": 32, "sharedIntermediateSize": 0, "denseIntermediateSize": 128,
            "vocabularySize": 1000, "attentionHeads": 4, "keyValueHeads": 2, "headSize": 16, "valueHeadSize": 16,
            "keyValueLatentSize": 0, "queryLatentSize": 0, "rotaryHeadSize": 0,
            "bytesPerExpertParameter": 2, "bytesPerParameter": 2, "bytesPerActivation": 2
          }
        }
        """;

    private readonly TempFolder folder = new();

    /// <summary>Writes them, by the command where it can.</summary>
    public Samples()
    {
        File.WriteAllText(ModelFile, Model);
        File.WriteAllText(this["other-model.json"], Model.Replace("[1, 2, 3, 4]", "[1, 2, 3]", StringComparison.Ordinal));
        CliRun.Done(
            "trace", "synthesize", "--model", ModelFile, "--tokens", $"{Tokens}", "--sequences", "40", "--domains", "2", "-o", Trace);
        CliRun.Done(
            "trace", "synthesize", "--layers", "3", "--experts", "8", "--top-k", "2", "--tokens", "500", "-o", this["plain.safetensors"]);
        WriteTrace(this["unordered.safetensors"], ChoiceOrder.Unordered, row => row / 10);
        WriteTrace(this["one-sequence.safetensors"], ChoiceOrder.ByWeight, _ => 1);
        WriteLoad();
        CliRun.Done("place", Trace, "--cluster", "1x4", "--policy", "contiguous", "-o", Placement);
        CliRun.Done("place", Trace, "--cluster", "1x4", "--policy", "round-robin", "-o", this["round-robin.json"]);
        CliRun.Done("place", Trace, "--cluster", "1x2", "--policy", "contiguous", "-o", this["two-ranks.json"]);
        CliRun.Done("place", this["plain.safetensors"], "--cluster", "1x4", "--policy", "contiguous", "-o", this["plain.json"]);
    }

    /// <summary>4 layers of 8 experts, top-2, with gate weights, two domains and the sizes of the model.</summary>
    internal string Trace => this["toy.safetensors"];

    internal string ModelFile => this["toy.json"];

    /// <summary>Contiguous, on 1 x 4.</summary>
    internal string Placement => this["contiguous.json"];

    internal string Load => this["load.safetensors"];

    internal string this[string name] => folder[name];

    internal string[] Files() => folder.Files();

    /// <inheritdoc/>
    public void Dispose() => folder.Dispose();

    private static MoEModel Shape { get; } = new("toy", 5, [1, 2, 3, 4], 8, 2);

    private static void WriteTrace(string path, ChoiceOrder order, Func<int, int> sequence)
    {
        const int rows = 300;
        using var writer = new RoutingTraceWriter(
            path, new TraceHeader(Shape, TraceOrigin.Synthetic, "counted", "", order, []), rows, TraceColumns.None);
        ImmutableArray<int> numbers = [.. Enumerable.Range(0, rows)];
        writer.Append(new TraceRows(
            [.. Enumerable.Range(0, rows * 8).Select(i => (ushort)((i / 2 * 3 + i % 2 + i / 16) % 8))],
            [.. numbers.Select(sequence)],
            [.. numbers.Select(row => row % 10)]));
        writer.Complete();
    }

    private void WriteLoad() => LoadFile.Write(
        Load, new LoadHeader(Shape, TraceOrigin.Measured, "counted", ""), 2,
        [[.. Enumerable.Range(0, 32).Select(i => 10L + i * 7 % 13)], [.. Enumerable.Range(0, 32).Select(i => 5L + i % 8 * 4)]]);
}
