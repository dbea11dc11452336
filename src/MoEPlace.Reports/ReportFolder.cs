using System.Text;

namespace MoEPlace.Reports;

/// <summary>The folder of a report: written beside its place and moved when complete.</summary>
internal static class ReportFolder
{
    private const string Generator = "<meta name=\"generator\" content=\"MoEPlace\">";

    /// <summary>What files of a report are called, after the number of their section.</summary>
    private static readonly string[] Names =
    [
        "summary", "load", "crossing", "remaining", "affinity", "copies", "trade-off", "front", "bound", "held-out", "drift", "learning",
        "measures", "phases", "timeline", "step", "links", "resources", "expectations", "published", "sweep", "steps", "bytes", "migration",
    ];

    /// <summary>
    /// Puts what <paramref name="write"/> writes in place. Of an older report, files that this one does not have are removed, files of
    /// others stay; when it throws, nothing is left and the older one stays as it was.
    /// </summary>
    /// <param name="directory">Where to; made when it is missing.</param>
    /// <param name="write">Gets an empty folder.</param>
    /// <param name="cancellation">Asked before anything is moved.</param>
    /// <exception cref="InputException">The folder cannot be written.</exception>
    internal static void Write(string directory, Action<string> write, CancellationToken cancellation)
    {
        var full = FullPath(directory);
        try
        {
            var work = Directory.Exists(full)
                ? Path.Combine(full, $".report.{Environment.ProcessId}.part")
                : $"{Path.TrimEndingDirectorySeparator(full)}.{Environment.ProcessId}.part";
            try
            {
                Directory.CreateDirectory(work);
                write(work);
                cancellation.ThrowIfCancellationRequested();
                Publish(work, full);
            }
            finally
            {
                if (Directory.Exists(work))
                    Directory.Delete(work, recursive: true);
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new InputException(directory, "output", e.Message, "a folder that can be written");
        }
    }

    /// <summary>A text file of the folder, as UTF-8 without a byte order mark.</summary>
    internal static void WriteText(string work, string name, string text) =>
        File.WriteAllText(Path.Combine(work, name), text, new UTF8Encoding(false));

    private static string FullPath(string directory)
    {
        try
        {
            return Path.GetFullPath(directory);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException or PathTooLongException)
        {
            throw new InputException(directory, "output", e.Message, "the path of a folder");
        }
    }

    private static void Publish(string work, string directory)
    {
        if (!Directory.Exists(directory))
        {
            Directory.Move(work, directory);
            return;
        }
        var written = Directory.GetFiles(work).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal).ToArray();
        var page = Path.Combine(directory, Report.PageName);
        string[] stale = File.Exists(page) && File.ReadLines(page).Take(20).Contains(Generator)
            ? [.. Directory.GetFiles(directory).Where(f => IsOurs(Path.GetFileName(f)) && !written.Contains(Path.GetFileName(f)))]
            : [];
        // The page last: it never stands there before the files that it names.
        foreach (var file in written.OrderBy(f => f == Report.PageName))
            File.Move(Path.Combine(work, file), Path.Combine(directory, file), overwrite: true);
        foreach (var file in stale)
            File.Delete(file);
    }

    private static bool IsOurs(string file)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        var number = name.TakeWhile(char.IsAsciiDigit).Count();
        if (number > 0 && number < name.Length && name[number] == '-')
            name = name[(number + 1)..];
        return Path.GetExtension(file) is ".svg" or ".png" or ".csv" && Names.Contains(name);
    }
}
