namespace MoEPlace.Cli;

/// <summary>The scenarios that ship with the project.</summary>
internal static class ScenarioFolder
{
    private const string Folder = "scenarios";

    /// <summary>The file that a person names: a path, or the name of a shipped scenario.</summary>
    /// <exception cref="InputException">There is no such scenario; those that there are, are told.</exception>
    public static string Find(string nameOrPath)
    {
        if (nameOrPath.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) || File.Exists(nameOrPath))
            return nameOrPath;
        var folder = Locate();
        var path = folder is null ? null : Path.Combine(folder, nameOrPath + ".json");
        if (path is not null && File.Exists(path))
            return path;
        var names = folder is null ? "" : string.Join(", ", Names(folder)) + ", or ";
        throw new InputException("scenario", "name", nameOrPath, $"{names}the path of a scenario file");
    }

    /// <summary>The names of the scenarios in a folder, in ordinal order.</summary>
    internal static IEnumerable<string> Names(string folder) =>
        Directory.EnumerateFiles(folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    /// <summary>The folder in the present one or above it, else above the program; null when there is none.</summary>
    internal static string? Locate()
    {
        foreach (var start in new[] { Environment.CurrentDirectory, AppContext.BaseDirectory })
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
                if (Directory.Exists(Path.Combine(folder.FullName, Folder)))
                    return Path.Combine(folder.FullName, Folder);
        return null;
    }
}
