using MoEPlace.Reports.Figures;
using MoEPlace.Results;

namespace MoEPlace.Reports.Simulations;

/// <summary>What the streams and links of a few ranks do when: some layers in full, and the whole step in shares.</summary>
internal static class TimelineFigure
{
    private const string Name = "timeline";
    private const string WholeName = "step";
    private const string Topic = "Streams and links over time";
    private const string WholeTopic = "Streams and links over the whole step";
    private const int MostSpans = 1_400;
    private const int MostShares = 3_000;
    private const int MostRows = 48;
    private const int MostWholeRows = 24;
    private const int MostVariants = 6;

    /// <summary>One figure, or two where the whole step does not fit into one.</summary>
    internal static Figure[] Draw(SimulationSection section)
    {
        DrawnVariant[] variants = [.. section.Drawn.Where(v => v.Result.Timeline is { } t && t.Spans.Any(s => s.DurationPicoseconds > 0))];
        if (variants.Length == 0)
            return [Figure.LeftOut(Name, Topic, "no timeline was recorded")];
        DrawnVariant[] drawn = [.. variants.Where((v, i) => i < MostVariants || v == section.Fastest)];
        var rows = TimelineRows.Of(drawn, MostRows);
        var window = TimelineWindow.Choose(rows, MostSpans);
        var detail = Detail(section, rows, window);
        if (window.IsWhole && rows.Sum(r => r.Within(0, r.End).Count()) <= MostSpans)
            return [detail];
        return window.IsWhole
            ? [Whole(section, drawn) with { Name = Name }]
            : [detail, Whole(section, drawn)];
    }

    private static Figure Detail(SimulationSection section, TimelineRows[] rows, TimelineWindow window)
    {
        var unit = TimeUnit.For(TimeUnit.Seconds(window.Length));
        var phases = Used(section, rows, window);
        var last = window.Past - 1;
        var layers = window.First == last ? $"layer {window.First}" : $"layers {window.First} to {last}";
        var title = window.IsWhole ? $"time, {unit.Name}" : $"time since layer {window.First} begins, {unit.Name}";
        var panels = rows.Select((r, i) =>
        {
            var (begin, end) = (window.Spans[i].Begin, window.Spans[i].Begin + window.Length);
            var bars = r.Within(begin, end).Select(s => Bar(s.Span, s.Row, begin, end, unit, phases)).ToArray();
            var marks = r.Layers.Where(l => l.Value >= begin && l.Value < end - window.Length / 50)
                .Select(l => (unit.Of(l.Value - begin), $"layer {l.Key}"));
            var axis = (title, unit.Of(window.Length), i == rows.Length - 1);
            return TimelinePanel.Spec(r, bars, Apart([.. marks], unit.Of(window.Length)), phases, axis, 14);
        });
        return new Figure(
            Name, Topic, Finding(section, rows, window, window.IsWhole ? "the step" : layers),
            "One row for each stream and link, all variants on one axis of time. "
                + (window.IsWhole ? "" : $"Drawn are {layers} from the middle of the step, each variant from where layer {window.First} begins. ")
                + "Where computation runs above an exchange, the exchange is hidden; where it does not, all wait. " + Left(rows),
            new { config = FigureStyle.Config, vconcat = panels, spacing = 14 }, Data(rows, window));
    }

    /// <summary>The whole step in equal bins: of each, how much of it every phase takes.</summary>
    private static Figure Whole(SimulationSection section, DrawnVariant[] drawn)
    {
        var rows = TimelineRows.Of(drawn, MostWholeRows);
        var most = rows.Max(r => r.End);
        var unit = TimeUnit.For(TimeUnit.Seconds(most));
        var whole = new TimelineWindow(-1, -1, [.. rows.Select(r => (0L, r.End))]);
        var phases = Used(section, rows, whole);
        var bins = TimelineBins.Counts.First(count => count * 3 * rows.Sum(r => r.Names.Length) <= MostShares || count == TimelineBins.Counts[^1]);
        // Bins of whole picoseconds.
        most = bins * ((most + bins - 1) / bins);
        var panels = rows.Select((r, i) => TimelinePanel.Spec(
            r, [.. r.Names.SelectMany((_, row) => TimelineBins.Of(r[row], most, bins, phases).Select(b => (object)new
            {
                from = unit.Of(b.Begin),
                to = unit.Of(b.End),
                low = row + 0.95 - 0.9 * b.Low,
                high = row + 0.95 - 0.9 * b.High,
                phase = b.Phase.Words,
                told = $"{Quantity.Percent(b.High - b.Low)} of {Quantity.Seconds(TimeUnit.Seconds(b.End - b.Begin))}",
            }))], [], phases, ($"time, {unit.Name}", unit.Of(most), i == rows.Length - 1), 24));
        return new Figure(
            WholeName, WholeTopic, Finding(section, rows, whole, "the step"),
            $"The step in {bins} equal bins: of the height of a row, each phase takes what it takes of the time of the bin; what is empty was idle. "
                + Left(rows),
            new { config = FigureStyle.Config, vconcat = panels, spacing = 14 },
            Shares(rows, phases));
    }

    private static object Bar(TimelineSpan span, int row, long begin, long end, TimeUnit unit, StepPhase[] phases) => new
    {
        from = unit.Of(Math.Max(span.BeginPicoseconds, begin) - begin),
        to = unit.Of(Math.Min(span.BeginPicoseconds + span.DurationPicoseconds, end) - begin),
        low = row + 0.1,
        high = row + 0.9,
        phase = Array.Find(phases, p => p.Name == span.Phase)!.Words,
        told = Quantity.Seconds(TimeUnit.Seconds(span.DurationPicoseconds)) + (span.Layer >= 0 ? $", layer {span.Layer}" : "")
            + $", part {span.Part}" + (span.Bytes > 0 ? ", " + Quantity.Bytes(span.Bytes) : ""),
    };

    /// <summary>How much of the time computation runs, of the baseline and of the fastest.</summary>
    private static string Finding(SimulationSection section, TimelineRows[] rows, TimelineWindow window, string where)
    {
        double? Computing(DrawnVariant variant) => rows.Index().Where(r => r.Item.Variant == variant)
            .Select(r => r.Item.Computing(window.Spans[r.Index].Begin, window.Spans[r.Index].End, section.Phases)).FirstOrDefault();
        var (first, best) = (rows[0].Variant, section.Fastest);
        var (before, after) = (Computing(first), Computing(best));
        if (before is null)
            return "What streams and links do when";
        var begin = $"The drawn ranks compute {SimulationFindings.Share(before.Value)} of {where} with {first.Name}";
        if (first == best || after is null)
            return begin;
        return begin + SimulationFindings.Other(before.Value, after.Value, best);
    }

    private static string Left(TimelineRows[] rows)
    {
        var (groups, all) = (rows[0].Groups, rows[0].AllGroups);
        return groups < all ? $"Of {all} recorded ranks {groups} {(groups == 1 ? "is" : "are")} drawn, that with the busiest port first, then that which computes longest; "
            + "the Chrome trace holds all." : "";
    }

    /// <summary>Names of layers that do not stand in each other.</summary>
    private static (double At, string Name)[] Apart((double At, string Name)[] marks, double length)
    {
        var kept = new List<(double At, string Name)>();
        foreach (var mark in marks)
            if (kept.Count == 0 || mark.At - kept[^1].At > length * 0.09)
                kept.Add(mark);
        return [.. kept];
    }

    private static StepPhase[] Used(SimulationSection section, TimelineRows[] rows, TimelineWindow window)
    {
        var used = rows.SelectMany((r, i) => r.Within(window.Spans[i].Begin, window.Spans[i].Begin + window.Length).Select(s => s.Span.Phase))
            .ToHashSet(StringComparer.Ordinal);
        return [.. section.Phases.Where(p => used.Contains(p.Name))];
    }

    private static Table Data(TimelineRows[] rows, TimelineWindow window) => new(
        [
            TableColumn.Text("variant", "variant"),
            TableColumn.Text("stream or link", "track"),
            TableColumn.Text("phase", "phase"),
            TableColumn.Count("layer", "layer"),
            TableColumn.Count("part", "part"),
            new("begins", "beginSeconds", v => Quantity.Seconds((double?)v)),
            new("takes", "durationSeconds", v => Quantity.Seconds((double?)v)),
            new("bytes", "bytes", v => Quantity.Bytes((long?)v)),
        ],
        [
            .. rows.SelectMany((r, i) => r.Within(window.Spans[i].Begin, window.Spans[i].Begin + window.Length).Select(s => new object?[]
            {
                r.Variant.Name, r.Names[s.Row], PlainText.Clean(s.Span.Phase, 40), s.Span.Layer < 0 ? null : s.Span.Layer, s.Span.Part,
                TimeUnit.Seconds(s.Span.BeginPicoseconds), TimeUnit.Seconds(s.Span.DurationPicoseconds), s.Span.Bytes,
            })),
        ]);

    private static Table Shares(TimelineRows[] rows, StepPhase[] phases) => new(
        [
            TableColumn.Text("variant", "variant"),
            TableColumn.Text("stream or link", "track"),
            .. phases.Select(p => new TableColumn(p.Words, p.Name, v => Quantity.Seconds((double?)v))),
        ],
        [
            .. rows.SelectMany(r => r.Names.Select((name, row) => (object?[])
            [
                r.Variant.Name, name,
                .. phases.Select(p => (object?)TimeUnit.Seconds(r[row].Where(s => s.Phase == p.Name).Sum(s => s.DurationPicoseconds))),
            ])),
        ]);
}
