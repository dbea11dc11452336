using System.Runtime.CompilerServices;

namespace MoEPlace.Traces.Tests.Fixtures;

/// <summary>The files beside this one.</summary>
internal static class Fixture
{
    internal static string Path(string name) => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Here())!, name);

    private static string Here([CallerFilePath] string here = "") => here;
}
