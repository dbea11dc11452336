using System.Text.Json;
using MoEPlace.Traces.Safetensors;

namespace MoEPlace.Executor.Training;

/// <summary>What a run knows beside its tensors; it stands in the metadata of the file that holds those.</summary>
/// <param name="Log">What was reached.</param>
/// <param name="Loss">Sum of the losses since the last point of the curves.</param>
/// <param name="GateLoss">Sum of what the gates added.</param>
/// <param name="Steps">Steps since that point.</param>
/// <param name="Ranks">Ranks that share each batch; other ranks sum in another order, and so round differently.</param>
internal sealed record TrainingState(TrainingLog Log, double Loss, double GateLoss, int Steps, int Ranks)
{
    private const string Format = "moeplace.training-state/1";

    /// <summary>As strings of a file.</summary>
    internal IReadOnlyDictionary<string, string> ToMetadata() => new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["format"] = Format,
        ["state"] = JsonSerializer.Serialize(this, StrictJson.OneLine),
    };

    /// <summary>Reads the state of a run that shall go on.</summary>
    /// <param name="path">The file.</param>
    /// <param name="now">The run as it was asked for now.</param>
    /// <param name="ranks">Ranks that share each batch now.</param>
    /// <exception cref="InputException">It is not such a file, or of other options, ranks or text; every fault is told.</exception>
    internal static TrainingState Read(string path, TrainingLog now, int ranks)
    {
        using var file = SafetensorsFile.Open(path);
        var metadata = file.Header.Metadata;
        var faults = new InputFaults(path);
        var format = metadata.GetValueOrDefault("format");
        if (!faults.Require(format == Format && metadata.ContainsKey("state"), "format", format, $"\"{Format}\""))
            faults.ThrowIfAny();
        var state = StrictJson.Parse<TrainingState>(metadata["state"], path, "state");
        var (before, asked) = (Flat(state.Log.Options), Flat(now.Options));
        foreach (var (key, value) in asked)
            faults.Require(before[key] == value, key, value, $"{before[key]}, as the run began");
        faults.Require(state.Ranks == ranks, "ranks", ranks, $"{state.Ranks}, as the run began");
        faults.Require(
            state.Log.CorpusDigest == now.CorpusDigest, "text", string.Join(", ", now.Domains),
            $"the text that the run began with: {string.Join(", ", state.Log.Domains)}, unchanged");
        faults.ThrowIfAny();
        return state;
    }

    private static Dictionary<string, string> Flat(TrainingOptions options)
    {
        using var json = JsonSerializer.SerializeToDocument(options, StrictJson.OneLine);
        return json.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetRawText(), StringComparer.Ordinal);
    }
}
