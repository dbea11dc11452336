using System.Runtime.InteropServices;

namespace MoEPlace;

/// <summary>
/// A file that appears whole or not at all: it is written beside its place under a temporary name, and renamed when it is complete and on the disk.
/// </summary>
public static partial class OutputFile
{
    /// <summary>Writes <paramref name="path"/> through <paramref name="write"/>; its folder is made when it is missing.</summary>
    /// <param name="path">Where the file shall stand; an older file there is replaced in one step.</param>
    /// <param name="write">Writes the content; when it throws, nothing is left behind and the older file stays.</param>
    /// <param name="secret">Whether nobody but its owner may read it, from its first byte on.</param>
    /// <exception cref="InputException">The path cannot be written.</exception>
    public static void Write(string path, Action<Stream> write, bool secret = false)
    {
        ArgumentNullException.ThrowIfNull(write);
        var faults = new InputFaults(path);
        Check(path, "output", faults);
        faults.ThrowIfAny();
        var place = Place(path);
        var beside = Beside(place);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            // A file that is there already would keep its own mode.
            File.Delete(beside);
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.None,
                BufferSize = 1 << 16,
            };
            if (secret && !OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var stream = new FileStream(beside, options))
            {
                write(stream);
                // A name that reaches the disk before its content does is an empty file after a power cut.
                stream.Flush(flushToDisk: true);
            }
            File.Move(beside, place, overwrite: true);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException or ArgumentException or NotSupportedException)
        {
            throw new InputException(path, "output", e.Message, "a path that can be written");
        }
        finally
        {
            File.Delete(beside);
        }
    }

    /// <summary>Where the content of <paramref name="path"/> stands: the end of its links, so that a link stays a link.</summary>
    internal static string Place(string path)
    {
        var full = Path.GetFullPath(path);
        return new FileInfo(full) is { LinkTarget: not null } link ? link.ResolveLinkTarget(returnFinalTarget: true)!.FullName : full;
    }

    /// <summary>The temporary name beside a place.</summary>
    internal static string Beside(string place) => $"{place}.{Environment.ProcessId}.part";

    /// <summary>Notes why <paramref name="path"/> cannot be written, before work is spent on its content; nothing is left there.</summary>
    /// <param name="path">Where a file shall stand.</param>
    /// <param name="field">The option that named it.</param>
    /// <param name="faults">Where to note it.</param>
    /// <returns>True when it can be written.</returns>
    public static bool Check(string path, string field, InputFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        try
        {
            var full = Place(path);
            var named = !Directory.Exists(full) && !Path.EndsInDirectorySeparator(full);
            var regular = !File.Exists(full) || IsRegularFile(full);
            if (!faults.Require(named, field, path, "the path of a file, not of a folder")
                || !faults.Require(regular, field, path, "a new file or a regular one, not a device or a pipe"))
                return false;
            var folder = Path.GetDirectoryName(full)!;
            while (!Directory.Exists(folder))
            {
                if (!faults.Require(!File.Exists(folder), field, path, $"a path through folders; {folder} is a file"))
                    return false;
                folder = Path.GetDirectoryName(folder)!;
            }
            var trial = Path.Combine(folder, $".{Environment.ProcessId}.{Guid.NewGuid():N}.part");
            new FileStream(trial, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose).Dispose();
            return true;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException or ArgumentException or NotSupportedException)
        {
            faults.Add(field, path, $"a path in a folder that can be written ({e.GetType().Name})");
            return false;
        }
    }

    /// <summary>Writes <paramref name="text"/> as UTF-8 without a byte order mark.</summary>
    /// <exception cref="InputException">The path cannot be written.</exception>
    public static void WriteText(string path, string text) =>
        Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>Renaming over a device would take it from everyone: the system is asked what stands there (statx has one layout everywhere).</summary>
    private static bool IsRegularFile(string path)
    {
        const int currentFolder = -100, typeAndMode = 1, modeOffset = 28, typeMask = 0xF000, regular = 0x8000;
        Span<byte> status = stackalloc byte[256];
        return !OperatingSystem.IsLinux()
            || StatX(currentFolder, path, 0, typeAndMode, ref MemoryMarshal.GetReference(status)) != 0
            || (BitConverter.ToUInt16(status[modeOffset..]) & typeMask) == regular;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, ref byte status);
}
