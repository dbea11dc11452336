using System.Collections.Immutable;
using System.Runtime.InteropServices;
using MoEPlace.Torch;
using MoEPlace.Traces.Safetensors;

namespace MoEPlace.Executor.Models;

/// <summary>Writes tensors as a safetensors file.</summary>
internal static class TensorFile
{
    /// <summary>How safetensors names a type of elements; null when no tensors of it are written.</summary>
    internal static string? NameOf(ScalarType type) => type switch
    {
        ScalarType.Float32 => "F32",
        ScalarType.Float16 => "F16",
        ScalarType.BFloat16 => "BF16",
        _ => null,
    };

    /// <summary>Writes the header and all values, each narrowed to the type as it is written.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="tensors">Names and values, in the order of the file.</param>
    /// <param name="type">Float32, Float16 or BFloat16, of every tensor.</param>
    /// <param name="metadata">Strings by name.</param>
    internal static void Write(
        Stream stream, IReadOnlyList<(string Name, Tensor Value)> tensors, ScalarType type, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var stored = NameOf(type)!;
        var (header, _, _) = SafetensorsHeader.Build(
            [.. tensors.Select(t => (t.Name, stored, ImmutableArray.Create(t.Value.shape)))], metadata);
        stream.Write(header);
        foreach (var (_, value) in tensors)
        {
            using var scope = torch.NewDisposeScope();
            var ready = value.detach().to(type, TorchDevice.Cpu).contiguous();
            stream.Write(type == ScalarType.Float32
                ? MemoryMarshal.AsBytes(ready.AsSpan<float>()) : MemoryMarshal.AsBytes(ready.AsSpan<ushort>()));
        }
    }
}
