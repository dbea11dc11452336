using MoEPlace.Reports.Realities;
using MoEPlace.Results;

namespace MoEPlace.Reports;

/// <summary>Figures and a page of measured steps beside simulated ones.</summary>
public static class RealityReport
{
    /// <summary>
    /// Writes one page that loads nothing, each figure as SVG and PNG, and the data of each as CSV. The same result gives the same bytes.
    /// Everything is written beside its place and moved when complete.
    /// </summary>
    /// <param name="result">What was measured and simulated.</param>
    /// <param name="folder">Where to; made when it is missing.</param>
    /// <param name="cancellation">Ends the drawing; nothing is left behind then.</param>
    /// <exception cref="InputException">The result is not valid, the folder cannot be written, or node, its packages or a font is
    /// missing.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void Write(RealityResult result, string folder, CancellationToken cancellation = default)
    {
        var faults = new InputFaults("report");
        RealityCheck.Check(result, faults);
        faults.ThrowIfAny();
        var packages = NodePackages.Find(AppContext.BaseDirectory);
        ReportFolder.Write(folder, WriteInto, cancellation);

        void WriteInto(string work)
        {
            var subtitle = $"{PlainText.Clean(result.Model, 60)} on {result.Nodes} x {result.RanksPerNode} ranks";
            var drawn = FigureGroup.Write([new FigureGroup("", subtitle, Draw(result))], work, "node", cancellation)[0];
            ReportFolder.WriteText(work, "links.csv", RealityPage.Links(result).ToCsv());
            ReportFolder.WriteText(work, Report.PageName, RealityPage.Write(result, drawn, PageScripts.Read(packages)));
        }
    }

    /// <summary>All figures in the order of the page, those left out too.</summary>
    internal static Figure[] Draw(RealityResult result) =>
        [StepFigure.Draw(result), RealityPhaseFigure.Draw(result), LinkBytesFigure.Draw(result), MigrationFigure.Draw(result.Migration)];
}
