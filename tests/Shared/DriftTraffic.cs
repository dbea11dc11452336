using MoEPlace.Service.Routing;
using MoEPlace.Traces;

namespace MoEPlace.Tests.Shared;

/// <summary>
/// Traffic made of a recording: so many sequences run at once, each from its begin to its end, then another of the same domain takes its place, drawn with
/// replacement. Where the domain shifts, all that run are replaced at once.
/// </summary>
internal sealed class DriftTraffic
{
    /// <summary>Sequences that a domain needs to be traffic.</summary>
    private const int FewestSequences = 8;

    private readonly ushort[] experts;
    private readonly int width;
    private readonly List<(string Name, int[][] Sequences)> domains = [];

    /// <param name="trace">The recording, with domains and a top-1.</param>
    /// <param name="domainOf">The name of the domain that a recorded domain belongs to.</param>
    internal DriftTraffic(RoutingTrace trace, Func<string, string> domainOf)
    {
        (Model, width) = (trace.Model, trace.Layers * trace.TopK);
        var tokens = (int)trace.Tokens;
        experts = new ushort[tokens * width];
        trace.CopyExperts(0, tokens, experts);
        var top = new ushort[tokens * trace.Layers];
        trace.CopyTopOne(0, tokens, experts, top);
        for (var cell = 0; cell < top.Length; cell++)
            PutFirst(experts.AsSpan(cell * trace.TopK, trace.TopK), top[cell]);
        var (sequence, position, domain) = (trace.Sequence(0, tokens).ToArray(), trace.Position(0, tokens).ToArray(), trace.Domain(0, tokens).ToArray());
        var named = Enumerable.Range(0, tokens).GroupBy(row => sequence[row])
            .Select(rows => (Name: domainOf(trace.Header.Domains[domain[rows.First()]]), Rows: rows.OrderBy(row => position[row]).ToArray()));
        foreach (var of in named.GroupBy(one => one.Name).Where(of => of.Count() >= FewestSequences).OrderBy(of => of.Key, StringComparer.Ordinal))
            domains.Add((of.Key, [.. of.Select(one => one.Rows)]));
    }

    internal MoEModel Model { get; }

    /// <summary>Names of the domains.</summary>
    internal IReadOnlyList<string> Domains => [.. domains.Select(domain => domain.Name)];

    /// <summary>Traffic without end, a frame for each step of the sequences that run; arrays of a frame are used again.</summary>
    /// <param name="random">Where its randomness comes from.</param>
    /// <param name="atOnce">Sequences that run at once.</param>
    /// <param name="domainOf">The domains, by number, that sequences are drawn from after so many tokens; another list is a shift.</param>
    internal IEnumerable<RoutedRows> Frames(SeedStream random, int atOnce, Func<long, int[]> domainOf)
    {
        var frame = new RoutedRows(atOnce, new int[atOnce], new int[atOnce], new ushort[atOnce], new byte[atOnce], new ushort[atOnce * width]);
        var running = new int[atOnce][];
        var next = 0;
        int[]? before = null;
        for (var tokens = 0L; ; tokens += atOnce)
        {
            var from = domainOf(tokens);
            for (var i = 0; i < atOnce; i++)
            {
                if (from != before || ++frame.Position[i] == running[i].Length)
                {
                    var of = domains[from[random.Next(from.Length)]].Sequences;
                    running[i] = of[random.Next(of.Length)];
                    // What runs at first began at any time before.
                    frame.Position[i] = before is null ? random.Next(running[i].Length) : 0;
                    frame.Sequence[i] = next++;
                }
                experts.AsSpan(running[i][frame.Position[i]] * width, width).CopyTo(frame.Experts.AsSpan(i * width));
            }
            before = from;
            yield return frame;
        }
    }

    private static void PutFirst(Span<ushort> choices, ushort top)
    {
        var at = choices.IndexOf(top);
        for (; at > 0; at--)
            choices[at] = choices[at - 1];
        choices[0] = top;
    }
}
