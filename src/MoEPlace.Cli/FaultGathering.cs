namespace MoEPlace.Cli;

/// <summary>Gathers the faults of everything that a verb is given, so that all are told at once and before any work is done.</summary>
internal static class FaultGathering
{
    /// <summary>Notes every output that cannot be written, that stands for two results, or that would replace an input.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="inputs">Files that are read, and folders whose files are; null and names of presets do no harm.</param>
    /// <param name="outputs">Paths that are to be written, by option; null for none.</param>
    public static void RequireOutputs(this InputFaults faults, IEnumerable<string?> inputs, params (string Option, string? Path)[] outputs)
    {
        var taken = inputs.SelectMany(FilesOf).Select(path => (What: "is read", Full: Path.GetFullPath(path))).ToList();
        foreach (var (option, path) in outputs)
        {
            if (path is null || !OutputFile.Check(path, option, faults))
                continue;
            var full = Path.GetFullPath(path);
            var clash = taken.Find(t => t.Full == full);
            faults.Require(clash.Full is null, option, path, $"another file than the one that {clash.What}");
            taken.Add(($"{option} writes", full));
        }
    }

    private static IEnumerable<string> FilesOf(string? path) =>
        Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", new EnumerationOptions()) : File.Exists(path) ? [path] : [];
}
