using System.Collections.Immutable;
using MoEPlace.Results;

namespace MoEPlace.Reports.Simulations;

/// <summary>The streams and links of a variant that a figure draws.</summary>
internal sealed class TimelineRows
{
    private readonly ILookup<int, TimelineSpan> spans;

    /// <param name="variant">One with a timeline.</param>
    /// <param name="most">Rows; whole groups are taken while they fit, the first always.</param>
    /// <param name="mostGroups">Groups, at most.</param>
    private TimelineRows(DrawnVariant variant, int most, int mostGroups)
    {
        Variant = variant;
        var timeline = variant.Result.Timeline!;
        var all = timeline.Spans.Where(s => s.DurationPicoseconds > 0).ToLookup(s => s.Track);
        var tracks = new List<int>();
        var groups = timeline.Tracks.Index().Where(t => all.Contains(t.Index)).GroupBy(t => t.Item.Group, StringComparer.Ordinal).ToArray();
        foreach (var group in groups.Take(mostGroups))
        {
            int[] members = [.. group.Select(t => t.Index)];
            if (tracks.Count > 0 && tracks.Count + members.Length > most)
                break;
            tracks.AddRange(members.Take(Math.Max(1, most - tracks.Count)));
            Groups++;
        }
        AllGroups = groups.Length;
        var names = new HashSet<string>(StringComparer.Ordinal);
        Names = [.. tracks.Select(t => timeline.Tracks[t])
            .Select(t => Unique(names, $"{PlainText.Clean(t.Group, 16)} · {PlainText.Clean(t.Name, 16)}"))];
        var rows = tracks.Index().ToDictionary(t => t.Item, t => t.Index);
        spans = timeline.Spans.Where(s => s.DurationPicoseconds > 0 && rows.ContainsKey(s.Track))
            .OrderBy(s => s.BeginPicoseconds).ToLookup(s => rows[s.Track]);
        var drawn = spans.SelectMany(s => s).ToArray();
        End = drawn.Select(s => s.BeginPicoseconds + s.DurationPicoseconds).DefaultIfEmpty().Max();
        Layers = drawn.Where(s => s.Layer >= 0).GroupBy(s => s.Layer)
            .ToImmutableSortedDictionary(g => g.Key, g => g.Min(s => s.BeginPicoseconds));
    }

    internal DrawnVariant Variant { get; }

    /// <summary>The rows of several variants, of equally many groups each, so that they compare.</summary>
    /// <param name="variants">Each with a timeline.</param>
    /// <param name="most">Rows over all variants.</param>
    internal static TimelineRows[] Of(DrawnVariant[] variants, int most)
    {
        var groups = variants.Min(v => new TimelineRows(v, most / variants.Length, int.MaxValue).Groups);
        return [.. variants.Select(v => new TimelineRows(v, most / variants.Length, groups))];
    }

    /// <summary>Of each row; no two are alike.</summary>
    internal string[] Names { get; }

    /// <summary>Groups that are drawn.</summary>
    internal int Groups { get; }

    /// <summary>Groups that there are.</summary>
    internal int AllGroups { get; }

    /// <summary>When the last span ends, picoseconds.</summary>
    internal long End { get; }

    /// <summary>When each layer first begins, picoseconds.</summary>
    internal ImmutableSortedDictionary<int, long> Layers { get; }

    /// <summary>The spans of a row by their begin; those that take no time are left out.</summary>
    internal IEnumerable<TimelineSpan> this[int row] => spans[row];

    /// <summary>Spans that run in [from, to), row by row.</summary>
    internal IEnumerable<(int Row, TimelineSpan Span)> Within(long from, long to) => Enumerable.Range(0, Names.Length).SelectMany(row => spans[row]
        .Where(s => s.BeginPicoseconds < to && s.BeginPicoseconds + s.DurationPicoseconds > from).Select(s => (row, s)));

    /// <summary>The share of [from, to) in which computation runs, mean over the rows that compute at all; null where none does.</summary>
    internal double? Computing(long from, long to, StepPhase[] phases)
    {
        var computes = phases.Where(p => p.IsComputation).Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        var shares = spans.Where(row => row.Any(s => computes.Contains(s.Phase))).Select(row =>
        {
            var (busy, done) = (0L, from);
            foreach (var span in row.Where(s => computes.Contains(s.Phase)))
            {
                var (begin, end) = (Math.Max(done, span.BeginPicoseconds), Math.Min(to, span.BeginPicoseconds + span.DurationPicoseconds));
                busy += Math.Max(0, end - begin);
                done = Math.Max(done, end);
            }
            return (double)busy / Math.Max(1, to - from);
        }).ToArray();
        return shares.Length == 0 ? null : shares.Average();
    }

    private static string Unique(HashSet<string> names, string name)
    {
        var unique = name;
        for (var copy = 2; !names.Add(unique); copy++)
            unique = $"{name} ({copy})";
        return unique;
    }
}
