namespace MoEPlace.Reports.Simulations;

/// <summary>How figures tell variants apart.</summary>
internal static class VariantScale
{
    /// <summary>By colour, with the legend below.</summary>
    internal static object Color(IReadOnlyList<DrawnVariant> variants) => new
    {
        field = "variant",
        type = "nominal",
        scale = new { domain = variants.Select(v => v.Name), range = variants.Select(v => v.Color) },
        legend = Legend(variants),
    };

    /// <summary>By dashes too, in the same legend.</summary>
    internal static object Dash(IReadOnlyList<DrawnVariant> variants) => new
    {
        field = "variant",
        type = "nominal",
        scale = new { domain = variants.Select(v => v.Name), range = variants.Select(v => v.Dash) },
        legend = Legend(variants),
    };

    private static object Legend(IReadOnlyList<DrawnVariant> variants) =>
        new { title = (string?)null, orient = "bottom", columns = variants.Max(v => v.Name.Length) > 28 ? 2 : 3 };
}
