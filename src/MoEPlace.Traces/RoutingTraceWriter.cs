using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using MoEPlace.Traces.Safetensors;

namespace MoEPlace.Traces;

/// <summary>
/// Writes a trace of a known number of tokens, block by block: each column grows in its own region of the file. The file appears
/// under its name when it is complete; disposed earlier, nothing is left.
/// </summary>
public sealed class RoutingTraceWriter : IDisposable
{
    private readonly string path;
    private readonly string beside;
    private readonly SafeFileHandle handle;
    private readonly TraceHeader header;
    private readonly TraceColumns columns;
    private readonly ImmutableArray<long> begins;
    private readonly bool wide;
    private long written;
    private bool completed;

    /// <summary>Starts a trace.</summary>
    /// <param name="path">Where it shall stand.</param>
    /// <param name="header">What it says of itself.</param>
    /// <param name="tokens">Rows that will be appended, 1 or more.</param>
    /// <param name="columns">The optional columns that every row will have.</param>
    /// <exception cref="InputException">The path cannot be written, or the header is not valid.</exception>
    public RoutingTraceWriter(string path, TraceHeader header, long tokens, TraceColumns columns)
    {
        ArgumentNullException.ThrowIfNull(header);
        var faults = new InputFaults(path);
        header.Model.Check(faults, "model.");
        faults.Require(tokens >= 1, "tokens", tokens, "at least one token");
        OutputFile.Check(path, "output", faults);
        faults.ThrowIfAny();
        this.path = OutputFile.Place(path);
        this.header = header;
        this.columns = columns;
        Tokens = tokens;
        wide = header.Model.Experts > byte.MaxValue;
        var (bytes, offsets, dataBytes) = SafetensorsHeader.Build(Layout(header.Model, tokens, columns, wide), header.ToMetadata());
        begins = [.. offsets.Select(o => o + bytes.Length)];
        beside = OutputFile.Beside(this.path);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(this.path)!);
            handle = File.OpenHandle(beside, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.None, bytes.Length + dataBytes);
            RandomAccess.SetLength(handle, bytes.Length + dataBytes);
            RandomAccess.Write(handle, bytes, 0);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException or ArgumentException or NotSupportedException)
        {
            throw new InputException(path, "output", e.Message, "a path that can be written");
        }
    }

    /// <summary>Rows that it will hold.</summary>
    public long Tokens { get; }

    /// <summary>Appends rows.</summary>
    /// <exception cref="ArgumentException">A column is missing or too long, or there are more rows than announced.</exception>
    public void Append(TraceRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var count = rows.Count;
        var width = header.Model.Layers * header.Model.TopK;
        if (rows.Experts.Length != (long)count * width || rows.Position.Length != count || written + count > Tokens)
            throw new ArgumentException($"{count} rows of {rows.Experts.Length} experts after {written} of {Tokens} rows", nameof(rows));
        var column = 0;
        Put<int>(rows.Sequence, 1, true);
        Put<int>(rows.Position, 1, true);
        Put<int>(rows.Step, 1, columns.HasFlag(TraceColumns.Step));
        Put<Half>(rows.GateWeights, width, columns.HasFlag(TraceColumns.GateWeights));
        Put<ushort>(rows.Home, 1, columns.HasFlag(TraceColumns.Home));
        PutExperts(rows.Experts, begins[column++], width);
        Put<byte>(rows.Phase, 1, columns.HasFlag(TraceColumns.Phase));
        Put<byte>(rows.Domain, 1, columns.HasFlag(TraceColumns.Domain));
        written += count;

        void Put<T>(T[]? values, int perRow, bool present)
            where T : unmanaged
        {
            if (!present)
                return;
            if (values is null || values.Length != (long)count * perRow)
                throw new ArgumentException($"a column of {values?.Length ?? 0} values for {count} rows", nameof(rows));
            RandomAccess.Write(handle, MemoryMarshal.AsBytes<T>(values), begins[column++] + written * perRow * Marshal.SizeOf<T>());
        }
    }

    /// <summary>Ends the trace and gives it its name.</summary>
    /// <exception cref="InvalidOperationException">Fewer rows were appended than announced.</exception>
    public void Complete()
    {
        if (written != Tokens)
            throw new InvalidOperationException($"{written} of {Tokens} rows were written.");
        handle.Dispose();
        File.Move(beside, path, overwrite: true);
        completed = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        handle.Dispose();
        if (!completed)
            File.Delete(beside);
    }

    private static List<(string Name, string DType, ImmutableArray<long> Shape)> Layout(MoEModel model, long tokens, TraceColumns columns, bool wide)
    {
        // Widest elements first, so that every column starts aligned.
        ImmutableArray<long> perChoice = [tokens, model.Layers, model.TopK];
        var layout = new List<(string, string, ImmutableArray<long>)> { ("sequence", "I32", [tokens]), ("position", "I32", [tokens]) };
        if (columns.HasFlag(TraceColumns.Step))
            layout.Add(("step", "I32", [tokens]));
        if (columns.HasFlag(TraceColumns.GateWeights))
            layout.Add(("gate_weights", "F16", perChoice));
        if (columns.HasFlag(TraceColumns.Home))
            layout.Add(("home", "U16", [tokens]));
        layout.Add(("expert_ids", wide ? "U16" : "U8", perChoice));
        if (columns.HasFlag(TraceColumns.Phase))
            layout.Add(("phase", "U8", [tokens]));
        if (columns.HasFlag(TraceColumns.Domain))
            layout.Add(("domain", "U8", [tokens]));
        return layout;
    }

    private void PutExperts(ushort[] experts, long begin, int width)
    {
        if (wide)
        {
            RandomAccess.Write(handle, MemoryMarshal.AsBytes<ushort>(experts), begin + written * width * 2);
            return;
        }
        var narrow = ArrayPool<byte>.Shared.Rent(experts.Length);
        for (var i = 0; i < experts.Length; i++)
            narrow[i] = (byte)experts[i];
        RandomAccess.Write(handle, narrow.AsSpan(0, experts.Length), begin + written * width);
        ArrayPool<byte>.Shared.Return(narrow);
    }
}
