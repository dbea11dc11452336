using System.Collections.Immutable;
using System.Text.Json;
using MoEPlace.Traces;
using MoEPlace.Traces.Safetensors;

namespace MoEPlace.Executor.Models;

/// <summary>The tensors of a folder, wherever they lie: one <c>model.safetensors</c>, or several files with an index.</summary>
internal sealed class ShardedTensors : IDisposable
{
    private const string Single = "model.safetensors";
    private const string Index = "model.safetensors.index.json";
    private readonly List<SafetensorsFile> files = [];

    private ShardedTensors()
    {
    }

    /// <summary>Every tensor by name, in ordinal order.</summary>
    internal ImmutableSortedDictionary<string, (SafetensorsFile File, SafetensorsTensor Tensor)> ByName { get; private set; } =
        ImmutableSortedDictionary<string, (SafetensorsFile, SafetensorsTensor)>.Empty;

    /// <exception cref="InputException">No such file, a file that is cut short, or an index that contradicts its files.</exception>
    internal static ShardedTensors Open(string folder)
    {
        var result = new ShardedTensors();
        try
        {
            var index = Path.Combine(folder, Index);
            if (File.Exists(Path.Combine(folder, Single)) || !File.Exists(index))
                result.OpenSingle(Path.Combine(folder, Single));
            else
                result.OpenShards(folder, index);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>Puts one part of a name in the place of another, wherever it stands.</summary>
    internal void Rename(string part, string by) => ByName = ByName.ToImmutableSortedDictionary(
        t => t.Key.Replace(part, by, StringComparison.Ordinal), t => t.Value, StringComparer.Ordinal);

    public void Dispose()
    {
        foreach (var file in files)
            file.Dispose();
    }

    private void OpenSingle(string path)
    {
        if (!File.Exists(path))
            throw new InputException(path, "file", "missing", $"{Single}, or {Index} and the files that it names");
        var file = SafetensorsFile.Open(path);
        files.Add(file);
        ByName = file.Header.Tensors.ToImmutableSortedDictionary(t => t.Key, t => (file, t.Value), StringComparer.Ordinal);
    }

    private void OpenShards(string folder, string index)
    {
        var places = JsonFile.Read(index, root => Places(root, index));
        var faults = new InputFaults(index);
        var byFile = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        foreach (var shard in places.Values.Distinct().Order(StringComparer.Ordinal))
        {
            try
            {
                files.Add(byFile[shard] = SafetensorsFile.Open(Path.Combine(folder, shard)));
            }
            catch (InputException e)
            {
                faults.AddRange(e.Faults);
            }
        }
        var all = ImmutableSortedDictionary.CreateBuilder<string, (SafetensorsFile, SafetensorsTensor)>(StringComparer.Ordinal);
        foreach (var (name, shard) in places)
            if (byFile.TryGetValue(shard, out var file))
            {
                if (file.Header.Tensors.TryGetValue(name, out var tensor))
                    all[name] = (file, tensor);
                else
                    faults.Add($"weight_map.{name}", shard, "a file that holds this tensor");
            }
        faults.ThrowIfAny();
        ByName = all.ToImmutable();
    }

    private static ImmutableSortedDictionary<string, string> Places(JsonElement root, string index)
    {
        var faults = new InputFaults(index);
        var places = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("weight_map", out var map)
            || map.ValueKind != JsonValueKind.Object)
            throw new InputException(index, "weight_map", null, "an object of tensor names and files");
        foreach (var entry in map.EnumerateObject())
        {
            var shard = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : "";
            if (faults.Require(
                    shard.EndsWith(".safetensors", StringComparison.Ordinal) && Path.GetFileName(shard) == shard,
                    $"weight_map.{entry.Name}", entry.Value.GetRawText(), "the name of a .safetensors file beside the index"))
                places[entry.Name] = shard;
        }
        faults.ThrowIfAny();
        return places.ToImmutable();
    }
}
