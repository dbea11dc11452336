using System.Globalization;
using System.Text.RegularExpressions;

namespace MoEPlace.Executor.Ranks.Emulation;

/// <summary>
/// What the parts of emulated nodes are called: the process that made them and a number of its own, in the 15 letters of an adapter.
/// </summary>
/// <param name="process">The process.</param>
/// <param name="number">Which of its nodes, from 1.</param>
internal sealed partial class NetworkNames(int process, int number)
{
    /// <summary>Where the kernel shows namespaces by name.</summary>
    internal const string Namespaces = "/run/netns";
    private const string Adapters = "/sys/class/net";
    private readonly string prefix = string.Create(CultureInfo.InvariantCulture, $"mp{process}e{number % 100}");

    /// <summary>The bridge.</summary>
    internal string Bridge => prefix + "b";

    /// <summary>The namespace of a node.</summary>
    internal string Node(int node) => string.Create(CultureInfo.InvariantCulture, $"{prefix}n{node}");

    /// <summary>The end of a node's adapter that is on the bridge.</summary>
    internal string Port(int node) => string.Create(CultureInfo.InvariantCulture, $"{prefix}p{node}");

    /// <summary>Removes what there is of these names.</summary>
    /// <param name="nodes">How many nodes there may be.</param>
    internal void Remove(int nodes)
    {
        for (var node = 0; node < nodes; node++)
        {
            // The port first: a namespace goes some time after its name, and its adapters with it.
            RemoveAdapter(Port(node));
            RemoveNamespace(Node(node));
        }
        RemoveAdapter(Bridge);
    }

    /// <summary>Removes what processes made that are gone.</summary>
    internal static void RemoveAbandoned()
    {
        foreach (var name in In(Adapters).Where(IsAbandoned))
            RemoveAdapter(name);
        foreach (var name in In(Namespaces).Where(IsAbandoned))
            RemoveNamespace(name);
    }

    private static void RemoveAdapter(string name)
    {
        if (Path.Exists(Path.Combine(Adapters, name)))
            NetworkCommand.Try($"ip link del {name}");
    }

    private static void RemoveNamespace(string name)
    {
        if (Path.Exists(Path.Combine(Namespaces, name)))
            NetworkCommand.Try($"ip netns del {name}");
    }

    private static string[] In(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path))] : [];

    private static bool IsAbandoned(string name) =>
        Pattern().Match(name) is { Success: true } match && !Directory.Exists($"/proc/{match.Groups[1].Value}");

    [GeneratedRegex("^mp([0-9]+)e[0-9]+(b|[np][0-9]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
