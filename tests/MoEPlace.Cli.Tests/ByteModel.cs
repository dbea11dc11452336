using System.Runtime.CompilerServices;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Training;
using MoEPlace.Torch;

namespace MoEPlace.Cli.Tests;

/// <summary>A tiny untrained model of bytes, and texts for it.</summary>
public sealed class ByteModel : IDisposable
{
    private readonly TempFolder folder = new();

    /// <summary>Writes them.</summary>
    public ByteModel()
    {
        var config = ByteModelConfig.Of(new TrainingOptions
        {
            Hidden = 16,
            Layers = 2,
            Experts = 8,
            TopK = 2,
            Intermediate = 16,
            Heads = 2,
            KeyValueHeads = 1,
            Length = 1 << 17,
        });
        Directory.CreateDirectory(folder["empty"]);
        File.WriteAllText(folder["config.json"], config.ToJsonString());
        using (var model = MoELanguageModel.Initialise(TransformerConfig.Read(folder["config.json"]), 1, TorchDevice.Cpu))
            CheckpointWriter.Write(Checkpoint, config, model.ToCheckpoint(), ScalarType.Float32);
        foreach (var name in new[] { "apples", "pears" })
            File.WriteAllText(folder[name + ".txt"], string.Concat(Enumerable.Range(0, 400).Select(i => $"{name} number {i}, ")));
        File.WriteAllText(folder["spoiled-ids.json"], "[[1, 256], []]");
    }

    internal string Checkpoint => folder["model"];

    internal string this[string name] => folder[name];

    /// <summary>A tiny checkpoint with sequences whose choices are all decided by a clear margin.</summary>
    internal static string Fixture(string layout, [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "MoEPlace.Executor.Tests", "Fixtures", layout);

    /// <inheritdoc/>
    public void Dispose() => folder.Dispose();
}
