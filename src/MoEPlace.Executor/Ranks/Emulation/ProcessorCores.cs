using System.Collections.Immutable;
using System.Globalization;

namespace MoEPlace.Executor.Ranks.Emulation;

/// <summary>The cores of this machine.</summary>
internal static class ProcessorCores
{
    private const string Key = "Cpus_allowed_list:";

    /// <summary>The numbers of those that this process may run on, rising.</summary>
    internal static ImmutableArray<int> Allowed()
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Key, StringComparison.Ordinal));
        return Parse(line[Key.Length..].Trim());
    }

    /// <summary>Reads a list as the kernel writes it: <c>0-3,8</c>.</summary>
    internal static ImmutableArray<int> Parse(string list)
    {
        var cores = ImmutableArray.CreateBuilder<int>();
        foreach (var range in list.Split(','))
        {
            var ends = range.Split('-');
            var (first, last) = (int.Parse(ends[0], CultureInfo.InvariantCulture), int.Parse(ends[^1], CultureInfo.InvariantCulture));
            cores.AddRange(Enumerable.Range(first, last - first + 1));
        }
        return cores.ToImmutable();
    }
}
