using MoEPlace.Executor.Gates;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Training;

namespace MoEPlace.Executor.Tests.Training;

/// <summary>Two small texts in a folder of their own, and a model that is small enough for them.</summary>
internal sealed class TinyText : IDisposable
{
    internal static readonly TrainingOptions Options = new()
    {
        Steps = 6,
        Batch = 4,
        Length = 16,
        Hidden = 16,
        Layers = 2,
        Experts = 6,
        TopK = 2,
        Intermediate = 8,
        Heads = 2,
        KeyValueHeads = 1,
        Warmup = 2,
        LearningRate = 1e-2,
    };

    internal TinyText()
    {
        Folder = Directory.CreateTempSubdirectory("moeplace-training-").FullName;
        Directory.CreateDirectory(TextFolder);
        File.WriteAllText(Path.Combine(TextFolder, "verse.txt"), string.Concat(Enumerable.Range(0, 60).Select(i => $"line {i} of some verse\n")));
        File.WriteAllText(Path.Combine(TextFolder, "code.txt"), string.Concat(Enumerable.Range(0, 80).Select(i => $"x[{i}] = y + {i * i};\n")));
        File.WriteAllText(Path.Combine(TextFolder, "COPYRIGHT.txt"), new string('c', 1000));
        Corpus = Corpus.Read([TextFolder], Options.Length);
    }

    internal string Folder { get; }

    internal string TextFolder => Path.Combine(Folder, "text");

    internal Corpus Corpus { get; }

    /// <summary>The options with another gate.</summary>
    internal TrainingOptions With(GateKind kind) => Options with
    {
        Gate = new GateOptions { Kind = kind, NullExperts = 2, StateWidth = 4, Domains = kind == GateKind.Domain ? [.. Corpus.Domains.Select(d => d.Name)] : [] },
    };

    /// <summary>A trainer at the first step.</summary>
    internal Trainer Begin(TrainingOptions options, IRankGroup? group = null)
    {
        var config = Path.Combine(Folder, $"config-{group?.Rank ?? 0}.json");
        OutputFile.WriteText(config, ByteModelConfig.Of(options).ToJsonString());
        return new Trainer(options, TransformerConfig.Read(config), Corpus, group);
    }

    /// <summary>All weights, by name.</summary>
    internal static Dictionary<string, float[]> Weights(Trainer trainer) =>
        trainer.Model.Parameters.ToDictionary(p => p.Key, p =>
        {
            using var scope = MoEPlace.Torch.torch.NewDisposeScope();
            return p.Value.detach().ToArray<float>();
        });

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
