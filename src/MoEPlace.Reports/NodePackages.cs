namespace MoEPlace.Reports;

/// <summary>Where node finds Vega-Lite and resvg: the first folder upwards from the program that holds them.</summary>
/// <param name="Folder">The <c>node_modules</c> folder.</param>
internal sealed record NodePackages(string Folder)
{
    private static readonly string[] Needed = ["vega", "vega-lite", "@resvg/resvg-js"];

    /// <summary>Vega's runtime for a page.</summary>
    internal string VegaRuntime => Path.Combine(Folder, "vega", "build", "vega.min.js");

    /// <summary>Its licence, which must go where it goes.</summary>
    internal string VegaLicence => Path.Combine(Folder, "vega", "LICENSE");

    /// <summary>Looks for the packages.</summary>
    /// <param name="from">The folder of the drawing script; node looks from there too.</param>
    /// <exception cref="InputException">One is missing.</exception>
    internal static NodePackages Find(string from)
    {
        string? project = null;
        for (var folder = new DirectoryInfo(from); folder is not null; folder = folder.Parent)
        {
            var modules = Path.Combine(folder.FullName, "node_modules");
            if (Array.TrueForAll(Needed, package => File.Exists(Path.Combine(modules, package, "package.json"))))
                return new NodePackages(modules);
            if (project is null && File.Exists(Path.Combine(folder.FullName, "package-lock.json")))
                project = folder.FullName;
        }
        throw Missing("not found upwards from " + from, project);
    }

    /// <summary>What to tell a person whose packages are missing or broken.</summary>
    internal static InputException Missing(string what, string? project) =>
        new("report", "node packages " + string.Join(", ", Needed), what, "installed packages; install them with: npm ci"
            + (project is null ? " (in MoEPlace's folder)" : $" --prefix {PlainText.ShellArgument(project)}"));
}
