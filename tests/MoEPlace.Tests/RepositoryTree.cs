using System.Text.RegularExpressions;
using Xunit;

namespace MoEPlace.Tests;

/// <summary>The working tree that these tests were built from, as text files.</summary>
internal static class RepositoryTree
{
    internal static string Root { get; } = FindRoot();

    /// <summary>Paths from the root, with slashes, in ordinal order, of what lies under <paramref name="folder"/>.</summary>
    internal static IReadOnlyList<string> Files(string folder, params string[] endings) =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => endings.Any(ending => path.EndsWith(ending, StringComparison.Ordinal)))
            .Where(path => !Regex.IsMatch(path, "(^|/)(bin|obj|node_modules)/"))
            .Order(StringComparer.Ordinal)];

    internal static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    internal static string[] ReadLines(string path) => File.ReadAllLines(Path.Combine(Root, path));

    internal static bool Exists(string path) => File.Exists(Path.Combine(Root, path));

    internal static bool CanBeStarted(string path) =>
        OperatingSystem.IsWindows() || File.GetUnixFileMode(Path.Combine(Root, path)).HasFlag(UnixFileMode.UserExecute);

    /// <summary>C# or JavaScript lines without what stands after //, which is for people.</summary>
    internal static IEnumerable<(int Number, string Code)> CodeLines(string path) =>
        ReadLines(path).Select((line, i) => (i + 1, Regex.Replace(line, "(^|\\s)//.*", "")));

    /// <summary>Fails with all faults, a line each, uncut.</summary>
    internal static void AssertNone(IEnumerable<string> faults)
    {
        var text = string.Join('\n', faults);
        Assert.True(text.Length == 0, text);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MoEPlace.sln")))
                return folder.FullName;
        }
        throw new InvalidOperationException($"no folder above {AppContext.BaseDirectory} holds MoEPlace.sln");
    }
}
