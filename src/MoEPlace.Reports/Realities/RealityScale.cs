using MoEPlace.Reports.Simulations;
using MoEPlace.Results;

namespace MoEPlace.Reports.Realities;

/// <summary>How figures tell placements and links apart.</summary>
internal static class RealityScale
{
    private static readonly string[] Further = ["#009E73", "#D55E00", "#CC79A7", "#44AA99", "#8C510A"];
    private static readonly string[] Shapes = ["circle", "square", "diamond", "triangle-up", "cross", "triangle-down"];

    /// <summary>Placements by colour, in the order of the settings: those of the other reports where these know the name.</summary>
    internal static object Placements(RealityResult result)
    {
        string[] names = [.. result.Settings.Select(s => PlainText.Clean(s.Placement, 24)).Distinct()];
        var next = 0;
        return new
        {
            field = "placement",
            type = "nominal",
            title = (string?)null,
            scale = new
            {
                domain = names,
                range = names.Select(name => name switch
                {
                    "contiguous" => "#7A7F85",
                    "affinity" => "#0072B2",
                    _ => Further[next++ % Further.Length],
                }).ToArray(),
            },
            legend = Legend(names.Length),
        };
    }

    /// <summary>Links by shape.</summary>
    internal static object Links(RealityResult result)
    {
        string[] names = [.. result.Settings.Select(s => PlainText.Clean(s.Link, 24)).Distinct()];
        return new
        {
            field = "link",
            type = "nominal",
            title = (string?)null,
            scale = new { domain = names, range = names.Select((_, i) => Shapes[i % Shapes.Length]) },
            legend = new
            {
                title = (string?)null,
                orient = "bottom",
                columns = Math.Min(names.Length, 4),
                symbolFillColor = Figures.FigureStyle.Muted,
                symbolStrokeColor = Figures.FigureStyle.Muted,
            },
        };
    }

    /// <summary>The unit of all times of the result.</summary>
    internal static TimeUnit Unit(RealityResult result) => TimeUnit.For(result.Settings.Max(s => Math.Max(s.MeasuredP90, s.SimulatedSeconds)));

    /// <summary>A legend below the figure.</summary>
    internal static object Legend(int names) => new { title = (string?)null, orient = "bottom", columns = Math.Min(names, 4) };
}
