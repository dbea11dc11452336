using System.Collections.Immutable;
using System.Runtime.InteropServices;
using MoEPlace.Traces.Safetensors;

namespace MoEPlace.Traces;

/// <summary>
/// A recording without tokens, mapped into memory: how many (token, expert) pairs each expert got, window by window. Good for load
/// balancing; it says nothing of which experts follow each other.
/// </summary>
public sealed class LoadFile : IDisposable
{
    private const string TensorName = "counts";
    private readonly SafetensorsFile file;
    private readonly SafetensorsTensor counts;

    private LoadFile(SafetensorsFile file)
    {
        this.file = file;
        Header = LoadHeader.FromMetadata(file.Header.Metadata, file.Path);
        var faults = new InputFaults(file.Path);
        if (file.Header.Tensors.TryGetValue(TensorName, out var tensor))
        {
            var shape = $"[{string.Join(", ", tensor.Shape)}]";
            faults.Require(tensor.DType == "I64", "counts.dtype", tensor.DType, "I64");
            faults.Require(
                tensor.Shape.Length == 3 && tensor.Shape[0] >= 1 && tensor.Shape[1] == Layers && tensor.Shape[2] == Experts,
                "counts.shape", shape, $"[windows, {Layers}, {Experts}] (layers, experts), at least one window");
        }
        else
        {
            faults.Add(TensorName, null, "a tensor of I64");
        }
        faults.ThrowIfAny();
        counts = tensor!;
        Windows = counts.Shape[0];
        CheckCounts(faults);
        faults.ThrowIfAny();
    }

    /// <summary>What it says of itself.</summary>
    public LoadHeader Header { get; }

    /// <summary>The file.</summary>
    public string Path => file.Path;

    /// <summary>The model that was run.</summary>
    public MoEModel Model => Header.Model;

    /// <summary>Number of MoE layers.</summary>
    public int Layers => Model.Layers;

    /// <summary>Logical experts per layer.</summary>
    public int Experts => Model.Experts;

    /// <summary>Windows, 1 or more: steps, passes, iterations or runs of the recording.</summary>
    public long Windows { get; }

    /// <summary>SHA-256 of the file, in lower-case hexadecimal.</summary>
    public string Digest => file.Digest;

    /// <summary>Opens and checks a load file: counts are 0 or more, their sum per expert fits 64 bits.</summary>
    /// <exception cref="InputException">It is not a valid load file; every fault is told.</exception>
    public static LoadFile Open(string path) => SafetensorsFile.Open(path, file => new LoadFile(file));

    /// <summary>[layers, experts] pairs of one window.</summary>
    /// <param name="window">0 to windows - 1.</param>
    public ReadOnlySpan<long> Window(long window) => file.Elements<long>(counts, window * Layers * Experts, Layers * Experts);

    /// <summary>[layers, experts] pairs of all windows together.</summary>
    public long[] Sum()
    {
        var sum = new long[Layers * Experts];
        for (long w = 0; w < Windows; w++)
        {
            var window = Window(w);
            for (var i = 0; i < sum.Length; i++)
                sum[i] += window[i];
        }
        return sum;
    }

    /// <summary>Writes a load file, whole or not at all.</summary>
    /// <param name="path">Where it shall stand.</param>
    /// <param name="header">What it says of itself.</param>
    /// <param name="count">Windows, 1 or more.</param>
    /// <param name="windows">[layers, experts] counts of each window, as many as <paramref name="count"/>.</param>
    /// <exception cref="InputException">The path cannot be written, the model is not valid, or there is no window.</exception>
    /// <exception cref="InvalidOperationException">There are fewer or more windows, or one of another size, or a negative
    /// count.</exception>
    public static void Write(string path, LoadHeader header, long count, IEnumerable<long[]> windows)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(windows);
        var (layers, experts) = (header.Model.Layers, header.Model.Experts);
        var faults = new InputFaults(path);
        header.Model.Check(faults, "model.");
        faults.Require(count >= 1, "windows", count, "at least one window");
        faults.ThrowIfAny();
        ImmutableArray<long> shape = [count, layers, experts];
        var (bytes, _, _) = SafetensorsHeader.Build([(TensorName, "I64", shape)], header.ToMetadata());
        OutputFile.Write(path, stream =>
        {
            stream.Write(bytes);
            var written = 0L;
            foreach (var window in windows)
            {
                if (window.Length != layers * experts || window.AsSpan().ContainsAnyExceptInRange(0, long.MaxValue))
                    throw new InvalidOperationException($"Window {written} has {window.Length} counts, or a negative one.");
                stream.Write(MemoryMarshal.AsBytes<long>(window));
                written++;
            }
            if (written != count)
                throw new InvalidOperationException($"{written} of {count} windows were given.");
        });
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void CheckCounts(InputFaults faults)
    {
        var sum = new long[Layers * Experts];
        for (long w = 0; w < Windows; w++)
        {
            var window = Window(w);
            for (var i = 0; i < sum.Length; i++)
            {
                if (window[i] >= 0 && window[i] <= long.MaxValue - sum[i])
                {
                    sum[i] += window[i];
                    continue;
                }
                faults.Add($"counts[{w}, {i / Experts}, {i % Experts}]", window[i], "0 or more, and a sum over windows below 2^63");
                return;
            }
        }
    }
}
