using System.Collections.Immutable;
using MoEPlace.Reports.Simulations;
using MoEPlace.Results;

namespace MoEPlace.Reports;

/// <summary>Figures and a page of what simulations came to.</summary>
public static class SimulationReport
{
    /// <summary>Sections whose figures are drawn; of the others the page tells the numbers.</summary>
    private const int MostDrawn = 12;

    /// <summary>
    /// Writes one page that loads nothing, each figure as SVG and PNG, and the data of each as CSV. The same results give the same
    /// bytes. Everything is written beside its place and moved when complete.
    /// </summary>
    /// <param name="results">One section each; at least one. Several of one scenario are the points of a sweep.
    /// Figures are drawn of the first twelve.</param>
    /// <param name="folder">Where to; made when it is missing.</param>
    /// <param name="cancellation">Ends the drawing; nothing is left behind then.</param>
    /// <exception cref="InputException">A result is not valid, the folder cannot be written, or node, its packages or a font is
    /// missing.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void Write(ImmutableArray<SimulationResult> results, string folder, CancellationToken cancellation = default) =>
        Write(results, folder, "node", cancellation);

    internal static void Write(ImmutableArray<SimulationResult> results, string folder, string node, CancellationToken cancellation)
    {
        Check(results);
        var packages = NodePackages.Find(AppContext.BaseDirectory);
        ReportFolder.Write(folder, work => WriteInto(work, results, packages, node, cancellation), cancellation);
    }

    /// <summary>All figures of a section in the order of the page, those left out too.</summary>
    internal static Figure[] Draw(SimulationSection section) => section.Number > MostDrawn
        ? []
        : [PhaseFigure.Draw(section), .. TimelineFigure.Draw(section), LinkFigure.Draw(section), ResourceFigure.Draw(section)];

    private static void Check(ImmutableArray<SimulationResult> results)
    {
        var all = new InputFaults("report");
        all.Require(!results.IsDefaultOrEmpty, "results", 0, "at least one result");
        all.ThrowIfAny();
        for (var i = 0; i < results.Length; i++)
        {
            var faults = new InputFaults($"result {i + 1}");
            SimulationCheck.Check(results[i], faults);
            all.AddRange(faults.ToImmutable());
        }
        all.ThrowIfAny();
    }

    private static void WriteInto(
        string work, ImmutableArray<SimulationResult> results, NodePackages packages, string node, CancellationToken cancellation)
    {
        var sections = results.Select((r, i) => new SimulationSection(r, i + 1, results.Length == 1)).ToArray();
        var sweeps = sections.GroupBy(s => s.Result.Scenario, StringComparer.Ordinal).Where(g => g.Count() > 1)
            .Select((g, i) => new FigureGroup($"{i + 1}-", g.First().Subtitle, [SweepFigure.Draw([.. g])])).ToArray();
        var drawings = FigureGroup.Write(
            [.. sections.Select(s => new FigureGroup(s.FilePrefix, s.Subtitle, Draw(s))), .. sweeps], work, node, cancellation);
        foreach (var section in sections)
            foreach (var (name, table) in Tables(section).Where(t => t.Table.Rows.Length > 0))
                ReportFolder.WriteText(work, $"{section.FilePrefix}{name}.csv", table.ToCsv());
        var parts = sections.Select((section, i) => new SimulationPage.Part(section, drawings[i])).ToArray();
        var over = sweeps.Select((sweep, i) => (sweep.Figures[0], sweep.Prefix, drawings[sections.Length + i][0].Drawing)).ToArray();
        ReportFolder.WriteText(work, Report.PageName, SimulationPage.Write(parts, over, PageScripts.Read(packages)));
    }

    private static (string Name, Table Table)[] Tables(SimulationSection section) =>
    [
        ("measures", SimulatedMeasures.Values(section)),
        ("expectations", SimulationTables.Expectations(section)),
        ("published", SimulationTables.Published(section)),
    ];
}
