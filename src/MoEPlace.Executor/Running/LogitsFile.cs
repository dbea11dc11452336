using System.Runtime.InteropServices;
using MoEPlace.Traces.Safetensors;

namespace MoEPlace.Executor.Running;

/// <summary>Logits of every token in the order of ordinals, as a safetensors file with one tensor <c>logits</c> [tokens, vocabulary].</summary>
public sealed class LogitsFile : IDisposable
{
    private readonly string path;
    private readonly int vocabulary;
    private readonly FileStream rows;

    /// <summary>Starts a file; it appears under its name when it is complete.</summary>
    /// <param name="path">Where it shall stand.</param>
    /// <param name="vocabulary">Logits of a token.</param>
    /// <exception cref="InputException">The path cannot be written.</exception>
    public LogitsFile(string path, int vocabulary)
    {
        var faults = new InputFaults(path);
        OutputFile.Check(path, "output", faults);
        faults.ThrowIfAny();
        (this.path, this.vocabulary) = (path, vocabulary);
        // How many rows there will be is known at the end, and the header comes first.
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        rows = new FileStream(
            $"{path}.{Environment.ProcessId}.rows", FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
    }

    /// <summary>Appends rows.</summary>
    public void Append(ReadOnlySpan<float> logits) => rows.Write(MemoryMarshal.AsBytes(logits));

    /// <summary>Puts the file in its place.</summary>
    public void Complete()
    {
        var tokens = rows.Length / (vocabulary * sizeof(float));
        var header = SafetensorsHeader.Build([("logits", "F32", [tokens, vocabulary])], []);
        rows.Position = 0;
        OutputFile.Write(path, stream =>
        {
            stream.Write(header.Bytes);
            rows.CopyTo(stream);
        });
    }

    /// <inheritdoc/>
    public void Dispose() => rows.Dispose();
}
