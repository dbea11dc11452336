using System.Runtime.CompilerServices;
using Xunit;

namespace MoEPlace.Tests.Shared;

/// <summary>The recordings and configurations of others, which stand beside the repository and are not part of it.</summary>
internal static class SharedData
{
    /// <summary>A file or folder below <c>data/</c>; the test is skipped, with the reason, where it is absent.</summary>
    internal static string Path(params ReadOnlySpan<string> parts)
    {
        var root = Environment.GetEnvironmentVariable("MOEPLACE_SHARED") is { Length: > 0 } told ? told : Beside();
        var path = System.IO.Path.Combine([root, "data", .. parts]);
        Assert.SkipUnless(File.Exists(path) || Directory.Exists(path), $"needs the shared data: {path} (set MOEPLACE_SHARED)");
        return path;
    }

    private static string Beside([CallerFilePath] string here = "") =>
        System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(here)!, "..", "..", "..", "shared"));
}
