using System.Collections.Immutable;
using MoEPlace.Reports.Figures;

namespace MoEPlace.Reports.Simulations;

/// <summary>How busy the links of each kind are over the first step.</summary>
internal static class LinkFigure
{
    private const string Name = "links";
    private const string Topic = "Links over time";
    private const int MostKinds = 6;
    private const double LeastShare = 0.03;
    private const int MostPoints = 3_600;

    internal static Figure Draw(SimulationSection section)
    {
        // More lines over one another than these tell nothing.
        DrawnVariant[] variants = [.. section.Few.Where(v => v.Result.LinkShares.Any(l => l.Shares.Length > 0) && Length(v) > 0)];
        var used = variants.SelectMany(v => v.Result.LinkShares).Where(l => l.Shares.Length > 0).GroupBy(l => l.Kind, StringComparer.Ordinal)
            .Select(g => (Kind: g.Key, Most: g.Max(l => l.Shares.Max()))).Where(k => k.Most > 0).ToArray();
        var busy = used.Where(k => k.Most >= LeastShare || used.All(o => o.Most < LeastShare)).ToArray();
        string[] kinds = [.. busy.Select(k => k.Kind).Take(MostKinds)];
        if (kinds.Length == 0)
            return Figure.LeftOut(Name, Topic, "no link carried anything, or none was recorded");
        var unit = TimeUnit.For(variants.Max(Length));
        var most = variants.Max(Length) * unit.PerSecond;
        var points = Math.Max(10, MostPoints / (kinds.Length * variants.Length));
        var panels = kinds.Select((kind, i) => Panel(variants, kind, unit, most, points, i == kinds.Length - 1));
        return new Figure(
            Name, Topic, Finding(section, kinds),
            "Bytes over what the links of a kind could have carried, mean over the links of the kind, over the first step of each variant. "
                + (variants.Length < section.Variants.Length
                    ? $"Drawn are {variants.Length} of {section.Variants.Length} variants; the CSV has these. " : "")
                + (kinds.Length < used.Length
                    ? $"Left out, as less busy: {string.Join(", ", used.Select(k => k.Kind).Except(kinds).Select(k => PlainText.Clean(k, 30)))}. " : "")
                + "Gaps are times in which the links wait for computation.",
            new { config = FigureStyle.Config, vconcat = panels, spacing = 12 }, Data(variants, kinds));
    }

    private static object Panel(DrawnVariant[] variants, string kind, TimeUnit unit, double most, int points, bool last)
    {
        var values = variants.SelectMany(v =>
        {
            // The last share once more, so that its step reaches the end.
            var shares = Thinned(v, kind, points);
            return shares.Concat(shares.TakeLast(1)).Select((share, i) => new
            {
                variant = v.Name,
                at = Math.Round(Length(v) * unit.PerSecond * i / shares.Length, 4),
                share = Math.Round(share, 4),
            });
        }).ToArray();
        return new
        {
            title = new { text = PlainText.Clean(kind, 60), fontSize = 12, fontWeight = "normal", offset = 6 },
            width = 620,
            height = 76,
            data = new { values },
            mark = new { type = "line", interpolate = "step-after", strokeWidth = 1.6 },
            encoding = new
            {
                x = new
                {
                    field = "at",
                    type = "quantitative",
                    title = last ? $"time, {unit.Name}" : null,
                    scale = new { domain = new[] { 0, most }, nice = false },
                    axis = new { grid = false, labels = last, ticks = last, tickCount = 8 },
                },
                y = new
                {
                    field = "share",
                    type = "quantitative",
                    title = (string?)null,
                    scale = new { domain = new[] { 0, 1 } },
                    axis = new { tickCount = 3, domain = false, ticks = false, labelExpr = FigureStyle.PercentLabel(0) },
                },
                color = VariantScale.Color(variants),
                strokeDash = VariantScale.Dash(variants),
            },
        };
    }

    private static double Length(DrawnVariant variant)
    {
        var end = variant.Result.Timeline?.Spans.Select(s => s.BeginPicoseconds + s.DurationPicoseconds).DefaultIfEmpty().Max() ?? 0;
        // A timeline is of the first step, as the shares are; the mean of all steps stands in for it.
        return variant.Result.Steps > 1 && end > 0 ? TimeUnit.Seconds(end) : variant.Step ?? TimeUnit.Seconds(end);
    }

    private static string Finding(SimulationSection section, string[] kinds)
    {
        double Mean(DrawnVariant variant, string kind) => Shares(variant, kind) is { Length: > 0 } shares ? shares.Average() : 0;
        var (first, best) = (section.Baseline, section.Fastest);
        var busiest = kinds.MaxBy(k => Mean(first, k))!;
        var (before, after) = (Mean(first, busiest), Mean(best, busiest));
        var begin = $"{PlainText.Clean(busiest, 30)} is {SimulationFindings.Share(before)} busy with {first.Name}";
        return first == best ? begin : begin + SimulationFindings.Other(before, after, best);
    }

    private static ImmutableArray<double> Shares(DrawnVariant variant, string kind) =>
        variant.Result.LinkShares.FirstOrDefault(l => l.Kind == kind)?.Shares ?? [];

    /// <summary>At most so many points, each the mean of as many bins.</summary>
    private static double[] Thinned(DrawnVariant variant, string kind, int most)
    {
        var shares = Shares(variant, kind);
        var together = (shares.Length + most - 1) / Math.Max(1, most);
        return shares.Length == 0 ? [] : [.. shares.Chunk(Math.Max(1, together)).Select(c => c.Average())];
    }

    private static Table Data(DrawnVariant[] variants, string[] kinds) => new(
        [
            TableColumn.Text("variant", "variant"),
            TableColumn.Text("link", "link"),
            new("from", "beginSeconds", v => Quantity.Seconds((double?)v)),
            TableColumn.Percent("busy", "share"),
        ],
        [
            .. variants.SelectMany(v => kinds.SelectMany(kind => Shares(v, kind).Select((share, i) => new object?[]
            {
                v.Name, PlainText.Clean(kind, 60), Length(v) * i / Shares(v, kind).Length, share,
            }))),
        ]);
}
