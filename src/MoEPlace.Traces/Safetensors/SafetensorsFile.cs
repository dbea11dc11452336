using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace MoEPlace.Traces.Safetensors;

/// <summary>A safetensors file, mapped into memory: opening it reads the header, the rest comes as it is touched.</summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly byte* data;
    private string? digest;

    private SafetensorsFile(string path, SafetensorsHeader header, FileStream stream)
    {
        Path = path;
        Header = header;
        map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        view = map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        data = start + view.PointerOffset + header.DataOffset;
    }

    /// <summary>The path that it was opened by.</summary>
    public string Path { get; }

    /// <summary>What it holds.</summary>
    public SafetensorsHeader Header { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InputException">It cannot be read or is not a safetensors file.</exception>
    public static SafetensorsFile Open(string path) => Open(path, temporary: false);

    private static SafetensorsFile Open(string path, bool temporary)
    {
        FileStream? stream = null;
        try
        {
            stream = new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.Read, 4096, temporary ? FileOptions.DeleteOnClose : FileOptions.None);
            return new SafetensorsFile(path, SafetensorsHeader.Read(stream, path), stream);
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

    /// <summary>Opens a file as what it holds; it is closed again when <paramref name="interpret"/> refuses it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="interpret">Makes of it what it holds.</param>
    /// <param name="temporary">Whether the file goes when it is closed.</param>
    /// <exception cref="InputException">It cannot be read, is not a safetensors file, or is refused.</exception>
    internal static T Open<T>(string path, Func<SafetensorsFile, T> interpret, bool temporary = false)
    {
        var file = Open(path, temporary);
        try
        {
            return interpret(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>SHA-256 of the file, in lower-case hexadecimal.</summary>
    public string Digest
    {
        get
        {
            if (digest is null)
            {
                using var stream = File.OpenRead(Path);
                digest = Convert.ToHexStringLower(SHA256.HashData(stream));
            }
            return digest;
        }
    }

    /// <summary>Part of a tensor's elements.</summary>
    /// <param name="tensor">One of <see cref="Header"/>.</param>
    /// <param name="first">Number of the first element.</param>
    /// <param name="count">How many.</param>
    public ReadOnlySpan<T> Elements<T>(SafetensorsTensor tensor, long first, int count)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ObjectDisposedException.ThrowIf(!view.CanRead, this);
        var begin = tensor.Begin + first * Unsafe.SizeOf<T>();
        if (first < 0 || count < 0 || begin + (long)count * Unsafe.SizeOf<T>() > tensor.End)
            throw new ArgumentOutOfRangeException(nameof(first));
        return new ReadOnlySpan<T>(data + begin, count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (view.CanRead)
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        map.Dispose();
    }
}
