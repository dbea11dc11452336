using System.Text.Json.Nodes;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Models;

/// <summary>Writes a checkpoint as Hugging Face lays it out: <c>config.json</c> and <c>model.safetensors</c>.</summary>
public static class CheckpointWriter
{
    /// <summary>Writes a folder; it is written beside its place and renamed when complete, an older one there is replaced.</summary>
    /// <param name="folder">Where it shall stand.</param>
    /// <param name="config">What config.json shall say; <c>torch_dtype</c> is set.</param>
    /// <param name="tensors">Names and values, in the order of the file.</param>
    /// <param name="type">Float32, Float16 or BFloat16, of every tensor.</param>
    /// <exception cref="InputException">The folder cannot be written.</exception>
    public static void Write(string folder, JsonObject config, IEnumerable<(string Name, Tensor Value)> tensors, ScalarType type)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(tensors);
        if (TensorFile.NameOf(type) is null)
            throw new ArgumentOutOfRangeException(nameof(type), type, "Checkpoints are Float32, Float16 or BFloat16.");
        var place = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var beside = $"{place}.{Environment.ProcessId}.part";
        var old = $"{place}.{Environment.ProcessId}.old";
        try
        {
            Directory.CreateDirectory(beside);
            var said = config.DeepClone().AsObject();
            said.Remove("dtype");
            said["torch_dtype"] = type.ToString().ToLowerInvariant();
            File.WriteAllText(Path.Combine(beside, "config.json"), said.ToJsonString(StrictJson.Options) + "\n");
            using (var stream = new FileStream(
                Path.Combine(beside, "model.safetensors"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20))
                TensorFile.Write(stream, [.. tensors], type, [new("format", "pt")]);
            Exchange(beside, place, old);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException or ArgumentException or NotSupportedException)
        {
            throw new InputException(folder, "checkpoint", e.Message, "a folder that can be written");
        }
        finally
        {
            Remove(beside);
            Remove(old);
        }
    }

    // The older folder stands again when the new one cannot take its place.
    private static void Exchange(string beside, string place, string old)
    {
        if (Directory.Exists(place))
            Directory.Move(place, old);
        try
        {
            Directory.Move(beside, place);
        }
        catch
        {
            if (Directory.Exists(old))
                Directory.Move(old, place);
            throw;
        }
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
