using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using MoEPlace.Traces.Safetensors;

namespace MoEPlace.Executor.Tests.Models;

/// <summary>A copy of a fixture that a test may spoil.</summary>
internal sealed class ModelFolder : IDisposable
{
    private static readonly string Root = Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath();

    internal ModelFolder(string? layout = null)
    {
        Path = Directory.CreateDirectory(System.IO.Path.Combine(Root, $"moeplace-{Guid.NewGuid():N}")).FullName;
        if (layout is not null)
            foreach (var file in Directory.GetFiles(Layouts.Folder(layout)))
                if (!file.EndsWith("expected.safetensors", StringComparison.Ordinal))
                    File.Copy(file, this[System.IO.Path.GetFileName(file)]);
    }

    internal string Path { get; }

    internal string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Changes the config.json.</summary>
    internal ModelFolder Configure(Action<JsonObject> change)
    {
        var config = JsonNode.Parse(File.ReadAllText(this["config.json"]))!.AsObject();
        change(config);
        File.WriteAllText(this["config.json"], config.ToJsonString());
        return this;
    }

    /// <summary>Changes the tensors of model.safetensors: name, type, shape and bytes of each.</summary>
    internal ModelFolder Rewrite(Func<SortedDictionary<string, Stored>, IEnumerable<KeyValuePair<string, Stored>>> change)
    {
        var all = new SortedDictionary<string, Stored>(StringComparer.Ordinal);
        using (var file = SafetensorsFile.Open(this["model.safetensors"]))
            foreach (var (name, tensor) in file.Header.Tensors)
            {
                var bytes = file.Elements<byte>(tensor, 0, (int)(tensor.End - tensor.Begin));
                all[name] = new Stored(tensor.DType, [.. tensor.Shape], bytes.ToArray());
            }
        var changed = change(all).ToList();
        var header = SafetensorsHeader.Build([.. changed.Select(t => (t.Key, t.Value.Type, t.Value.Shape))], []);
        File.WriteAllBytes(this["model.safetensors"], [.. header.Bytes, .. changed.SelectMany(t => t.Value.Bytes)]);
        return this;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    internal sealed record Stored(string Type, System.Collections.Immutable.ImmutableArray<long> Shape, byte[] Bytes)
    {
        internal Span<float> Floats => MemoryMarshal.Cast<byte, float>(Bytes.AsSpan());
    }
}
