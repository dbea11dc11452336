using MoEPlace.Reports.Figures;
using MoEPlace.Results;

namespace MoEPlace.Reports;

/// <summary>Figures and a page of what placements were judged to be.</summary>
public static class Report
{
    /// <summary>The page; open it in a browser.</summary>
    public const string PageName = "index.html";

    /// <summary>
    /// Writes one page that loads nothing, each figure as SVG and PNG, and the data of each as CSV. The same results give the same
    /// bytes. Everything is written beside its place and moved when complete; of an older report, files that this one does not
    /// have are removed, files of others stay.
    /// </summary>
    /// <param name="results">What was judged, one section each; at least one.</param>
    /// <param name="directory">Where to; made when it is missing.</param>
    /// <param name="cancellation">Ends the drawing; nothing is left behind then.</param>
    /// <exception cref="InputException">A result is not valid, the directory cannot be written, or node, its packages or a font is
    /// missing.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void Write(IReadOnlyList<ResultFile> results, string directory, CancellationToken cancellation = default) =>
        Write(results, directory, "node", cancellation);

    internal static void Write(IReadOnlyList<ResultFile> results, string directory, string node, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(results);
        Check(results);
        var packages = NodePackages.Find(AppContext.BaseDirectory);
        ReportFolder.Write(directory, work => WriteInto(work, results, packages, node, cancellation), cancellation);
    }

    private static void Check(IReadOnlyList<ResultFile> results)
    {
        var all = new InputFaults("report");
        all.Require(results.Count > 0, "results", 0, "at least one result");
        for (var i = 0; i < results.Count; i++)
        {
            var faults = new InputFaults($"result {i + 1}");
            ResultCheck.Check(results[i], faults);
            all.AddRange(faults.ToImmutable());
        }
        all.ThrowIfAny();
    }

    private static void WriteInto(string work, IReadOnlyList<ResultFile> results, NodePackages packages, string node,
        CancellationToken cancellation)
    {
        var colors = new PolicyColors(results);
        var sections = results.Select((r, i) => new ReportSection(r, i + 1, results.Count == 1, colors)).ToArray();
        var drawings = FigureGroup.Write(
            [.. sections.Select(s => new FigureGroup(s.FilePrefix, s.Subtitle, Draw(s)))], work, node, cancellation);
        var parts = sections.Select((section, i) => new Page.Part(section, drawings[i])).ToArray();
        foreach (var section in sections)
            ReportFolder.WriteText(work, section.FilePrefix + "summary.csv", SummaryTable.Judged(section).ToCsv());
        ReportFolder.WriteText(work, PageName, Page.Write(parts, PageScripts.Read(packages)));
    }

    /// <summary>All figures of a section in the order of the page, those left out too.</summary>
    internal static Figure[] Draw(ReportSection section) =>
        [LoadFigure.Draw(section), CrossingFigure.Draw(section), RemainingFigure.Draw(section), AffinityFigure.Draw(section),
            CopiesFigure.Draw(section), TradeOffFigure.Draw(section), TradeOffFigure.DrawCopies(section), BoundFigure.Draw(section),
            .. ValidationFigures.Draw(section)];
}
