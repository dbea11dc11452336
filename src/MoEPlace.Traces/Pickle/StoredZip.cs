using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.MemoryMappedFiles;
using System.Text;

namespace MoEPlace.Traces.Pickle;

/// <summary>
/// A zip file whose entries are stored, not compressed, as torch writes them, mapped into memory. Checksums are not compared: torch
/// may be told to leave them out.
/// </summary>
public sealed unsafe class StoredZip : IDisposable
{
    private const uint EndMark = 0x06054b50;
    private const uint End64Mark = 0x06064b50;
    private const uint Locator64Mark = 0x07064b50;
    private const uint EntryMark = 0x02014b50;
    private const uint LocalMark = 0x04034b50;
    private const int MostEntries = 1 << 20;
    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly byte* start;
    private readonly long length;
    private readonly string file;

    private StoredZip(string path, FileStream stream)
    {
        file = path;
        length = stream.Length;
        if (length < 22)
            throw new InputException(path, "size", length, "a zip file, 22 bytes or more");
        map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        view = map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        start += view.PointerOffset;
        try
        {
            Entries = ReadDirectory();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the content of each entry lies, by name.</summary>
    public ImmutableSortedDictionary<string, (long Offset, long Length)> Entries { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InputException">It cannot be read, is not a zip file, or an entry is compressed, encrypted or outside the
    /// file.</exception>
    public static StoredZip Open(string path)
    {
        FileStream? stream = null;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return new StoredZip(path, stream);
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

    /// <summary>Part of the file.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not in the file.</exception>
    public ReadOnlySpan<byte> Bytes(long offset, int count)
    {
        ObjectDisposedException.ThrowIf(!view.CanRead, this);
        if (offset < 0 || count < 0 || offset > length - count)
            throw new ArgumentOutOfRangeException(nameof(offset));
        return new ReadOnlySpan<byte>(start + offset, count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (view.CanRead)
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        map.Dispose();
    }

    private ImmutableSortedDictionary<string, (long Offset, long Length)> ReadDirectory()
    {
        var (at, count) = FindDirectory();
        var entries = ImmutableSortedDictionary.CreateBuilder<string, (long, long)>(StringComparer.Ordinal);
        for (long i = 0; i < count; i++)
        {
            var fixedPart = Need(at, 46, "directory");
            if (BinaryPrimitives.ReadUInt32LittleEndian(fixedPart) != EntryMark)
                throw new InputException(file, "directory", $"entry {i} at byte {at}", "a zip directory entry");
            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(fixedPart[28..]);
            int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(fixedPart[30..]);
            int commentLength = BinaryPrimitives.ReadUInt16LittleEndian(fixedPart[32..]);
            var name = Encoding.UTF8.GetString(Need(at + 46, nameLength, "directory"));
            var place = Locate(fixedPart, Need(at + 46 + nameLength, extraLength, "directory"), name);
            if (!entries.TryAdd(name, place))
                throw new InputException(file, "directory", name, "each entry once");
            at += 46 + nameLength + extraLength + commentLength;
        }
        return entries.ToImmutable();
    }

    private (long Offset, long Length) Locate(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> extra, string name)
    {
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(entry[8..]);
        var method = BinaryPrimitives.ReadUInt16LittleEndian(entry[10..]);
        if (method != 0 || (flags & 1) != 0)
            throw new InputException(
                file, $"entry {name}", $"zip method {method}, flags {flags}",
                "stored entries, neither compressed nor encrypted, as torch.save writes them");
        long packed = BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]);
        long size = BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]);
        long local = BinaryPrimitives.ReadUInt32LittleEndian(entry[42..]);
        Widen(extra, ref size, ref packed, ref local);
        if (packed != size)
            throw new InputException(file, $"entry {name}", $"{packed} of {size} bytes", "stored entries: as long in the file as unpacked");
        var header = Need(local, 30, $"entry {name}");
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != LocalMark)
            throw new InputException(file, $"entry {name}", $"byte {local}", "the place of a zip entry");
        var offset = local + 30 + BinaryPrimitives.ReadUInt16LittleEndian(header[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        if (size < 0 || offset > length || size > length - offset)
            throw new InputException(
                file, $"entry {name}", $"{size} bytes at byte {offset}",
                $"an entry inside the {length} bytes of the file: is it cut short?");
        return (offset, size);
    }

    // What does not fit 32 bits stands in the extra field 1, in this order, each only where its short form is all ones.
    private static void Widen(ReadOnlySpan<byte> extra, ref long size, ref long packed, ref long local)
    {
        while (extra.Length >= 4)
        {
            var id = BinaryPrimitives.ReadUInt16LittleEndian(extra);
            int bytes = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (bytes > extra.Length - 4)
                return;
            var wide = extra.Slice(4, bytes);
            extra = extra[(4 + bytes)..];
            if (id != 1)
                continue;
            Take(ref wide, ref size);
            Take(ref wide, ref packed);
            Take(ref wide, ref local);
        }

        static void Take(ref ReadOnlySpan<byte> wide, ref long value)
        {
            if (value != uint.MaxValue || wide.Length < 8)
                return;
            value = BinaryPrimitives.ReadInt64LittleEndian(wide);
            wide = wide[8..];
        }
    }

    private (long At, long Count) FindDirectory()
    {
        // The end record is last, but for a comment of at most 65,535 bytes.
        for (var end = length - 22; end >= Math.Max(0, length - 22 - ushort.MaxValue); end--)
        {
            var record = Bytes(end, 22);
            if (BinaryPrimitives.ReadUInt32LittleEndian(record) != EndMark)
                continue;
            long count = BinaryPrimitives.ReadUInt16LittleEndian(record[10..]);
            long at = BinaryPrimitives.ReadUInt32LittleEndian(record[16..]);
            if (end >= 20 && BinaryPrimitives.ReadUInt32LittleEndian(Bytes(end - 20, 20)) == Locator64Mark)
            {
                var wide = Need(BinaryPrimitives.ReadInt64LittleEndian(Bytes(end - 12, 8)), 56, "directory");
                if (BinaryPrimitives.ReadUInt32LittleEndian(wide) == End64Mark)
                    (count, at) = (BinaryPrimitives.ReadInt64LittleEndian(wide[32..]), BinaryPrimitives.ReadInt64LittleEndian(wide[48..]));
            }
            if (count is < 0 or > MostEntries)
                throw new InputException(file, "directory", count, $"at most {MostEntries} entries");
            return (at, count);
        }
        throw new InputException(
            file, "directory", "missing", "a zip file as torch.save writes it since torch 1.6: is it cut short, or an older format?");
    }

    private ReadOnlySpan<byte> Need(long offset, int count, string field)
    {
        if (offset < 0 || offset > length - count)
            throw new InputException(
                file, field, $"byte {offset}", $"{count} bytes inside the {length} bytes of the file: is it cut short?");
        return Bytes(offset, count);
    }
}
