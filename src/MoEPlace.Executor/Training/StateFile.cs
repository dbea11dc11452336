using MoEPlace.Executor.Models;
using MoEPlace.Torch;
using MoEPlace.Traces.Safetensors;

namespace MoEPlace.Executor.Training;

/// <summary>Float32 tensors and strings in one safetensors file: all that a run needs to go on where it stopped.</summary>
internal static class StateFile
{
    /// <summary>Writes the file; it appears whole or not at all.</summary>
    /// <exception cref="InputException">The path cannot be written.</exception>
    internal static void Write(
        string path, IReadOnlyList<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string> metadata) =>
        OutputFile.Write(path, stream => TensorFile.Write(stream, tensors, ScalarType.Float32, metadata));

    /// <summary>Copies the tensors of a file into those of the same names.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Exactly those that the file must hold.</param>
    /// <exception cref="InputException">A tensor is missing, too much, or of another shape or type; every fault is told.</exception>
    internal static void ReadInto(string path, IReadOnlyList<(string Name, Tensor Value)> tensors)
    {
        using var file = SafetensorsFile.Open(path);
        var faults = new InputFaults(path);
        foreach (var (name, value) in tensors)
        {
            var found = file.Header.Tensors.GetValueOrDefault(name);
            faults.Require(
                found is { DType: "F32" } && found.Shape.AsSpan().SequenceEqual(value.shape), name,
                found is null ? null : $"{found.DType} [{string.Join(", ", found.Shape)}]", $"F32 [{string.Join(", ", value.shape)}]");
        }
        var known = tensors.Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var name in file.Header.Tensors.Keys.Where(name => !known.Contains(name)))
            faults.Add(name, file.Header.Tensors[name].DType, "no such tensor");
        faults.ThrowIfAny();
        using var unwatched = torch.no_grad();
        foreach (var (name, value) in tensors)
        {
            using var scope = torch.NewDisposeScope();
            var stored = file.Header.Tensors[name];
            value.copy_(torch.tensor(file.Elements<float>(stored, 0, checked((int)stored.Elements)), value.shape));
        }
    }
}
