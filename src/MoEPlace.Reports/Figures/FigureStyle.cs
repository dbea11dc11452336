namespace MoEPlace.Reports.Figures;

/// <summary>
/// How all figures look. The page's style sheet finds ink, muted ink, grid and paper by exactly these colours and turns them over in
/// the dark.
/// </summary>
internal static class FigureStyle
{
    internal const string Ink = "#1f2429";
    internal const string Muted = "#59626b";
    internal const string Grid = "#e3e6e9";
    internal const string Paper = "#ffffff";

    /// <summary>DejaVu Sans is what Debian has and PNGs are drawn with; Verdana is as wide where it is missing.</summary>
    internal const string Font = "DejaVu Sans, Verdana, sans-serif";

    private const int TitleWidth = 74;
    private const int SubtitleWidth = 104;

    /// <summary>Writes an axis or legend value that is a share of 0 to 1 as percent, as the page does.</summary>
    internal static string PercentLabel(int decimals) => $"format(datum.value * 100, '.{decimals}f') + '\u00A0%'";

    /// <summary>The config of every specification.</summary>
    internal static object Config { get; } = new
    {
        font = Font,
        aria = false,
        background = Paper,
        padding = 12,
        view = new { stroke = (string?)null },
        axis = new
        {
            labelColor = Muted,
            titleColor = Ink,
            gridColor = Grid,
            domainColor = Muted,
            tickColor = Muted,
            labelFontSize = 11,
            titleFontSize = 12,
            titleFontWeight = "normal",
            titlePadding = 8,
            labelOverlap = true,
        },
        legend = new
        {
            labelColor = Ink,
            titleColor = Ink,
            labelFontSize = 11,
            titleFontSize = 11,
            titleFontWeight = "normal",
            labelLimit = 320,
            symbolStrokeWidth = 2,
            symbolSize = 70,
            columnPadding = 18,
            // Legends below a figure stand below one another.
            layout = new
            {
                bottom = new
                {
                    anchor = "start",
                    direction = "vertical",
                    center = false,
                    margin = 6,
                    offset = 14,
                    bounds = "full"
                }
            },
        },
        title = new
        {
            anchor = "start",
            color = Ink,
            subtitleColor = Muted,
            fontSize = 14,
            subtitleFontSize = 11,
            subtitlePadding = 5,
            offset = 14,
        },
        text = new { color = Ink, fontSize = 11 },
        bar = new { discreteBandSize = 16 },
    };

    /// <summary>The title of a figure that stands by itself.</summary>
    internal static object Title(Figure figure, string subtitle) => new
    {
        text = PlainText.Wrap(figure.Finding, TitleWidth),
        subtitle = PlainText.Wrap(subtitle, SubtitleWidth),
    };
}
