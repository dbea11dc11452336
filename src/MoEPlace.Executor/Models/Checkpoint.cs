using System.Security.Cryptography;
using System.Text;
using MoEPlace.Torch;
using MoEPlace.Traces.Safetensors;

namespace MoEPlace.Executor.Models;

/// <summary>
/// A folder with a <c>config.json</c> and safetensors files, as Hugging Face lays them out. Tensors are asked for one by one; what is wrong
/// with them is noted and told all at once by <see cref="ThrowIfFaulty"/>.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    private const int DigestBytes = 256;
    private readonly ShardedTensors tensors;
    private readonly InputFaults faults;
    private readonly HashSet<string> expected = new(StringComparer.Ordinal);

    private Checkpoint(string folder, TransformerConfig config, ShardedTensors tensors)
    {
        Folder = folder;
        Config = config;
        this.tensors = tensors;
        faults = new InputFaults(folder);
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>What its config.json says.</summary>
    public TransformerConfig Config { get; }

    /// <summary>Opens a folder: reads the config.json and the headers; no weight yet.</summary>
    /// <exception cref="InputException">A file is missing, cut short or not what it should be; or the configuration is refused.</exception>
    public static Checkpoint Open(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!Directory.Exists(folder))
            throw new InputException(folder, "checkpoint", "missing", "a folder with config.json and model.safetensors");
        var config = TransformerConfig.Read(folder);
        var tensors = ShardedTensors.Open(folder);
        // Where transformers 5 does not save as published, Mixtral's block is called as that of all others.
        var published = tensors.ByName.Keys.Any(n => n.Contains(".block_sparse_moe.", StringComparison.Ordinal));
        if (config.Layout == ModelLayout.Mixtral && !published)
            tensors.Rename(".mlp.", ".block_sparse_moe.");
        return new Checkpoint(folder, config, tensors);
    }

    /// <summary>True when some file holds a tensor of this name.</summary>
    public bool Has(string name) => tensors.ByName.ContainsKey(name);

    /// <summary>Notes whatever is wrong with a tensor: missing, of another shape, of another type than BF16, F16 or F32.</summary>
    /// <returns>True when it is as it should be.</returns>
    public bool Expect(string name, params ReadOnlySpan<long> shape)
    {
        expected.Add(name);
        if (!tensors.ByName.TryGetValue(name, out var found))
        {
            faults.Add(name, null, $"a tensor of {Show(shape)}");
            return false;
        }
        var (file, tensor) = found;
        var held = tensor.Shape.AsSpan();
        var right = Require(held.SequenceEqual(shape), file, $"{name}.shape", Show(held), $"{Show(shape)} by config.json");
        return Require(tensor.DType is "BF16" or "F16" or "F32", file, $"{name}.dtype", tensor.DType, "BF16, F16 or F32") && right;
    }

    /// <summary>Reads a tensor. Where it is not as it should be, or not finite, that is noted and an empty one comes back.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">The type that it shall have.</param>
    /// <param name="device">Where it shall live.</param>
    /// <param name="shape">Its dimensions.</param>
    /// <returns>A tensor of the innermost dispose scope.</returns>
    public Tensor Load(string name, ScalarType type, TorchDevice device, params ReadOnlySpan<long> shape) =>
        Expect(name, shape) ? Read(name, 0, type, device, shape) : torch.empty([0], type, device);

    /// <summary>Reads one part of a tensor that holds several of a shape, one after another, and is as it should be.</summary>
    internal Tensor LoadPart(string name, long part, ScalarType type, TorchDevice device, params ReadOnlySpan<long> shape) =>
        Read(name, part, type, device, shape);

    /// <summary>Ends the check of all that was asked for.</summary>
    /// <exception cref="InputException">
    /// Something was wrong, or there is a tensor that nobody asked for: a part of a model that is not computed here.
    /// </exception>
    public void ThrowIfFaulty()
    {
        foreach (var (name, (file, tensor)) in tensors.ByName)
            if (!expected.Contains(name) && !IsPassedOver(name))
                Require(false, file, name, Show(tensor.Shape.AsSpan()), $"no such tensor in a {Config.Layout} of this config.json");
        faults.ThrowIfAny();
    }

    /// <summary>
    /// What tells this model from another: SHA-256 of the config.json and, of each tensor, name, type, shape and first bytes. Training changes them
    /// in every tensor, and few pages of even the largest model are read.
    /// </summary>
    public string Digest()
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(File.ReadAllBytes(Path.Combine(Folder, "config.json")));
        foreach (var (name, (file, tensor)) in tensors.ByName)
        {
            digest.AppendData(Encoding.UTF8.GetBytes($"\n{name} {tensor.DType} {Show(tensor.Shape.AsSpan())}\n"));
            digest.AppendData(file.Elements<byte>(tensor, 0, (int)Math.Min(tensor.End - tensor.Begin, DigestBytes)));
        }
        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }

    /// <inheritdoc/>
    public void Dispose() => tensors.Dispose();

    private static string Show(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";

    private Tensor Read(string name, long part, ScalarType type, TorchDevice device, ReadOnlySpan<long> shape)
    {
        var (file, tensor) = tensors.ByName[name];
        var count = 1L;
        foreach (var size in shape)
            count *= size;
        if (!Require(count <= int.MaxValue, file, $"{name}.shape", Show(shape), $"at most {int.MaxValue} elements"))
            return torch.empty([0], type, device);
        using var scope = torch.NewDisposeScope();
        var stored = tensor.DType switch
        {
            "F32" => torch.tensor(file.Elements<float>(tensor, part * count, (int)count), shape, ScalarType.Float32),
            "F16" => torch.tensor(file.Elements<Half>(tensor, part * count, (int)count), shape, ScalarType.Float16),
            _ => torch.tensor(file.Elements<ushort>(tensor, part * count, (int)count), shape, ScalarType.BFloat16),
        };
        var value = stored.to(type);
        if (value.isfinite().all().item() == 0)
            Require(false, file, name, "NaN or infinite", $"finite numbers, as {type} too");
        return value.to(device).MoveToOuterDisposeScope();
    }

    // Layers beyond the last one are heads that predict several tokens; frequencies follow from the configuration.
    private bool IsPassedOver(string name)
    {
        const string layers = "model.layers.";
        if (name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal) || (name == "lm_head.weight" && Config.TiedHead))
            return true;
        if (!name.StartsWith(layers, StringComparison.Ordinal))
            return false;
        var rest = name.AsSpan(layers.Length);
        var point = rest.IndexOf('.');
        return point > 0 && int.TryParse(rest[..point], out var layer) && layer >= Config.HiddenLayers;
    }

    private bool Require(bool holds, SafetensorsFile file, string field, object value, string allowed)
    {
        if (!holds)
        {
            var one = new InputFaults(file.Path);
            one.Add(field, value, allowed);
            faults.AddRange(one.ToImmutable());
        }
        return holds;
    }
}
