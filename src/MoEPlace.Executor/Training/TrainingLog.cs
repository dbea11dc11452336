using System.Collections.Immutable;
using System.Text.Json;

namespace MoEPlace.Executor.Training;

/// <summary>What a training run tells of itself: <c>training.json</c>.</summary>
/// <param name="Format"><see cref="FormatName"/>.</param>
/// <param name="Options">What was asked for.</param>
/// <param name="Parameters">Numbers that are trained.</param>
/// <param name="Domains">The names of the texts.</param>
/// <param name="CorpusDigest"><see cref="Corpus.Digest"/>.</param>
/// <param name="StepsDone">Steps so far.</param>
/// <param name="Training">Curves of training.</param>
/// <param name="HeldOut">Curves on text that is held out.</param>
public sealed record TrainingLog(
    string Format,
    TrainingOptions Options,
    long Parameters,
    ImmutableArray<string> Domains,
    string CorpusDigest,
    long StepsDone,
    ImmutableArray<TrainingPoint> Training,
    ImmutableArray<HeldOutPoint> HeldOut)
{
    /// <summary>What the file says that it is.</summary>
    public const string FormatName = "moeplace.training/1";

    /// <summary>True when all steps are done.</summary>
    public bool IsComplete => StepsDone == Options.Steps;

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">It is not one; every fault is told.</exception>
    public static TrainingLog Read(string path) => StrictJson.Read<TrainingLog>(path, FormatName);

    /// <summary>Notes in what the run differs from one that is asked for now.</summary>
    internal void RequireSame(TrainingOptions options, Corpus corpus, InputFaults faults)
    {
        var (before, asked) = (Flat(Options), Flat(options));
        foreach (var (key, value) in asked)
            faults.Require(before[key] == value, key, value, $"{before[key]}, as the run began");
        faults.Require(
            CorpusDigest == corpus.Digest, "text", string.Join(", ", corpus.Domains.Select(d => d.Name)),
            $"the text that the run began with: {string.Join(", ", Domains)}, unchanged");
    }

    /// <summary>Writes the file.</summary>
    /// <exception cref="InputException">The path cannot be written.</exception>
    public void Write(string path) =>
        OutputFile.Write(path, stream => JsonSerializer.Serialize(stream, this, StrictJson.Options));

    private static Dictionary<string, string> Flat(TrainingOptions options)
    {
        using var json = JsonSerializer.SerializeToDocument(options, StrictJson.OneLine);
        return json.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetRawText(), StringComparer.Ordinal);
    }
}
