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
    /// <param name="options">What is asked for now.</param>
    /// <param name="corpus">The text now.</param>
    /// <param name="ranks">Ranks that share each batch now.</param>
    /// <exception cref="InputException">It is not such a file, or of other options, ranks or text; every fault is told.</exception>
    internal static TrainingState Read(string path, TrainingOptions options, Corpus corpus, int ranks)
    {
        using var file = SafetensorsFile.Open(path);
        var metadata = file.Header.Metadata;
        var faults = new InputFaults(path);
        var format = metadata.GetValueOrDefault("format");
        if (!faults.Require(format == Format && metadata.ContainsKey("state"), "format", format, $"\"{Format}\""))
            faults.ThrowIfAny();
        var state = StrictJson.Parse<TrainingState>(metadata["state"], path, "state");
        faults.Require(state.Ranks == ranks, "ranks", ranks, $"{state.Ranks}, as the run began");
        state.Log.RequireSame(options, corpus, faults);
        faults.ThrowIfAny();
        return state;
    }
}
