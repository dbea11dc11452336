using MoEPlace.Reports.Figures;

namespace MoEPlace.Reports;

/// <summary>Figures that stand in one section and whose files start alike.</summary>
/// <param name="Prefix">What the names of their files start with; may be empty.</param>
/// <param name="Subtitle">What stands under the title of each, where it stands by itself.</param>
/// <param name="Figures">In the order of the page, those left out too.</param>
internal sealed record FigureGroup(string Prefix, string Subtitle, Figure[] Figures)
{
    /// <summary>Draws all groups in one go and writes their SVG, PNG and CSV files.</summary>
    /// <param name="groups">What to draw.</param>
    /// <param name="work">The folder to write into.</param>
    /// <param name="node">The program that draws.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>[group][figure] with what the page needs of it; null where it was left out.</returns>
    internal static (Figure Figure, Page.Drawing? Drawing)[][] Write(
        IReadOnlyList<FigureGroup> groups, string work, string node, CancellationToken cancellation)
    {
        var jobs = groups.SelectMany(group => group.Figures.Where(f => f.Spec is not null)
            .Select(f => new FigureRenderer.Job(group.Prefix + f.Name, FigureStyle.Title(f, group.Subtitle), f.Spec!))).ToArray();
        if (jobs.Length > 0)
            FigureRenderer.Render(jobs, work, node, cancellation);
        foreach (var group in groups)
            foreach (var figure in group.Figures.Where(f => f.Data is not null))
                ReportFolder.WriteText(work, $"{group.Prefix}{figure.Name}.csv", figure.Data!.ToCsv());
        return [.. groups.Select(group => group.Figures.Select(f => (f, Take(work, group, f))).ToArray())];
    }

    /// <summary>Reads what only the page needs, and removes it.</summary>
    private static Page.Drawing? Take(string work, FigureGroup group, Figure figure)
    {
        if (figure.Spec is null)
            return null;
        var path = Path.Combine(work, group.Prefix + figure.Name);
        var drawing = new Page.Drawing(File.ReadAllText(path + ".inline.svg"), File.ReadAllText(path + ".vega.json"));
        File.Delete(path + ".inline.svg");
        File.Delete(path + ".vega.json");
        return drawing;
    }
}
