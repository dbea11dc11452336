using System.Collections.Immutable;
using System.IO.MemoryMappedFiles;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MoEPlace.Traces.Npy;

/// <summary>An npy file, mapped into memory; or the same bytes, as an engine sends them inside a response.</summary>
public sealed unsafe class NpyFile : IDisposable
{
    private readonly MemoryMappedFile? map;
    private readonly MemoryMappedViewAccessor? view;
    private readonly byte* mapped;
    private readonly byte[] bytes = [];
    private bool disposed;

    private NpyFile(string path, FileStream stream)
    {
        Path = path;
        Header = NpyHeader.Read(stream, path);
        map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        view = map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref mapped);
        mapped += view.PointerOffset + Header.DataOffset;
    }

    private NpyFile(string name, NpyHeader header, byte[] content)
    {
        (Path, Header, bytes) = (name, header, content);
    }

    /// <summary>The path that it was opened by, or the name that was given for its bytes.</summary>
    public string Path { get; }

    /// <summary>What it holds.</summary>
    public NpyHeader Header { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InputException">It cannot be read or is not an npy file that is read (<see cref="NpyHeader"/>).</exception>
    public static NpyFile Open(string path)
    {
        FileStream? stream = null;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return new NpyFile(path, stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            stream?.Dispose();
            throw new InputException(path, "file", e.Message, "a file that can be read");
        }
        catch (InputException)
        {
            stream?.Dispose();
            throw;
        }
    }

    /// <summary>Takes the bytes of a whole npy file.</summary>
    /// <param name="content">The bytes; not copied.</param>
    /// <param name="name">Their name in faults, for example <c>response.json: choices[0].routed_experts</c>.</param>
    /// <exception cref="InputException">They are not an npy file that is read.</exception>
    public static NpyFile FromBytes(byte[] content, string name)
    {
        ArgumentNullException.ThrowIfNull(content);
        using var stream = new MemoryStream(content, writable: false);
        return new NpyFile(name, NpyHeader.Read(stream, name), content);
    }

    /// <summary>Takes elements that were sent without a header.</summary>
    /// <param name="content">The elements in C order; not copied.</param>
    /// <param name="type">Their type.</param>
    /// <param name="shape">Their shape; its length in bytes is that of <paramref name="content"/>.</param>
    /// <param name="name">Their name in faults.</param>
    internal static NpyFile FromElements(byte[] content, NpyType type, ImmutableArray<long> shape, string name) =>
        new(name, new NpyHeader(type, shape, 0), content);

    /// <summary>Notes a fault unless the array has whole numbers and as many dimensions.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="field">What the array is, for example <c>ids</c>.</param>
    /// <param name="dimensions">The dimensions by name, for example <c>tokens, layers, top-k</c>.</param>
    /// <returns>True when both hold.</returns>
    public bool RequireIntegers(InputFaults faults, string field, params ReadOnlySpan<string> dimensions)
    {
        ArgumentNullException.ThrowIfNull(faults);
        return faults.Require(Header.IsInteger, $"{field}.dtype", Header.Type.ToString(), "whole numbers (u1, u2, u4, i1, i2, i4, i8 or b1)")
            & faults.Require(Header.Shape.Length == dimensions.Length, $"{field}.shape", Header.ShapeText, $"[{string.Join(", ", dimensions)}]");
    }

    /// <summary>Copies elements as 64-bit integers.</summary>
    /// <param name="first">Number of the first element, in C order.</param>
    /// <param name="destination">As many as it holds are copied.</param>
    /// <exception cref="InvalidOperationException">The elements are not whole numbers.</exception>
    public void CopyIntegers(long first, Span<long> destination)
    {
        switch (Header.Type)
        {
            case NpyType.B1 or NpyType.U1:
                Widen<byte, long>(first, destination);
                break;
            case NpyType.I1:
                Widen<sbyte, long>(first, destination);
                break;
            case NpyType.U2:
                Widen<ushort, long>(first, destination);
                break;
            case NpyType.I2:
                Widen<short, long>(first, destination);
                break;
            case NpyType.U4:
                Widen<uint, long>(first, destination);
                break;
            case NpyType.I4:
                Widen<int, long>(first, destination);
                break;
            case NpyType.I8:
                Elements<long>(first, destination.Length).CopyTo(destination);
                break;
            default:
                throw new InvalidOperationException($"{Path} holds {Header.Type}.");
        }
    }

    /// <summary>Copies elements as half-precision numbers, rounded to nearest; what is too large becomes infinite.</summary>
    /// <param name="first">Number of the first element, in C order.</param>
    /// <param name="destination">As many as it holds are copied.</param>
    /// <exception cref="InvalidOperationException">The elements are not floating-point numbers.</exception>
    public void CopyHalves(long first, Span<Half> destination)
    {
        switch (Header.Type)
        {
            case NpyType.F2:
                Elements<Half>(first, destination.Length).CopyTo(destination);
                break;
            case NpyType.F4:
                Widen<float, Half>(first, destination);
                break;
            case NpyType.F8:
                Widen<double, Half>(first, destination);
                break;
            default:
                throw new InvalidOperationException($"{Path} holds {Header.Type}.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        view?.SafeMemoryMappedViewHandle.ReleasePointer();
        view?.Dispose();
        map?.Dispose();
    }

    private ReadOnlySpan<T> Elements<T>(long first, int count)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (first < 0 || first + count > Header.Elements)
            throw new ArgumentOutOfRangeException(nameof(first));
        var begin = first * Unsafe.SizeOf<T>();
        return view is not null
            ? new ReadOnlySpan<T>(mapped + begin, count)
            : MemoryMarshal.Cast<byte, T>(bytes.AsSpan((int)(Header.DataOffset + begin), count * Unsafe.SizeOf<T>()));
    }

    private void Widen<TFrom, TTo>(long first, Span<TTo> destination)
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : INumberBase<TTo>
    {
        var source = Elements<TFrom>(first, destination.Length);
        for (var i = 0; i < source.Length; i++)
            destination[i] = TTo.CreateTruncating(source[i]);
    }
}
