using System.Text.Json.Nodes;
using MoEPlace.Torch;
using MoEPlace.Traces.Safetensors;

namespace MoEPlace.Executor.Models;

/// <summary>Writes a checkpoint as Hugging Face lays it out: <c>config.json</c> and <c>model.safetensors</c>.</summary>
public static class CheckpointWriter
{
    /// <summary>Writes a folder; it is written beside its place and renamed when complete, an older one there is replaced.</summary>
    /// <param name="folder">Where it shall stand.</param>
    /// <param name="config">What config.json shall say; <c>torch_dtype</c> is set.</param>
    /// <param name="tensors">Names and values; each value is needed only until the next is asked for.</param>
    /// <param name="type">Float32, Float16 or BFloat16, of every tensor.</param>
    /// <exception cref="InputException">The folder cannot be written.</exception>
    public static void Write(string folder, JsonObject config, IEnumerable<(string Name, Tensor Value)> tensors, ScalarType type)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(tensors);
        var (stored, named) = type switch
        {
            ScalarType.Float32 => ("F32", "float32"),
            ScalarType.Float16 => ("F16", "float16"),
            ScalarType.BFloat16 => ("BF16", "bfloat16"),
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Checkpoints are Float32, Float16 or BFloat16."),
        };
        var place = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var beside = $"{place}.{Environment.ProcessId}.part";
        var old = $"{place}.{Environment.ProcessId}.old";
        try
        {
            Directory.CreateDirectory(beside);
            var said = config.DeepClone().AsObject();
            said.Remove("dtype");
            said["torch_dtype"] = named;
            File.WriteAllText(Path.Combine(beside, "config.json"), said.ToJsonString(StrictJson.Options) + "\n");
            WriteTensors(Path.Combine(beside, "model.safetensors"), tensors, type, stored);
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

    private static void WriteTensors(string path, IEnumerable<(string Name, Tensor Value)> tensors, ScalarType type, string stored)
    {
        var data = path + ".data";
        var entries = new List<(string, string, System.Collections.Immutable.ImmutableArray<long>)>();
        using (var stream = new FileStream(data, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20))
            foreach (var (name, value) in tensors)
            {
                using var scope = torch.NewDisposeScope();
                entries.Add((name, stored, [.. value.shape]));
                stream.Write(Bytes(value.detach().to(type, TorchDevice.Cpu)));
            }
        var header = SafetensorsHeader.Build(entries, [new("format", "pt")]);
        using (var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20))
        {
            stream.Write(header.Bytes);
            using var body = File.OpenRead(data);
            body.CopyTo(stream);
        }
        File.Delete(data);
    }

    private static ReadOnlySpan<byte> Bytes(Tensor value) => value.dtype == ScalarType.Float32
        ? System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(value.ToArray<float>())
        : System.Runtime.InteropServices.MemoryMarshal.AsBytes<ushort>(value.ToArray<ushort>());

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
