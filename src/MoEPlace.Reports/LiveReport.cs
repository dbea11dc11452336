using MoEPlace.Reports.Lives;
using MoEPlace.Results;

namespace MoEPlace.Reports;

/// <summary>Figures and a page of a job that was watched while its traffic shifted.</summary>
public static class LiveReport
{
    /// <summary>
    /// Writes one page that loads nothing, each figure as SVG and PNG, and the data of each as CSV. The same result gives the same bytes.
    /// Everything is written beside its place and moved when complete.
    /// </summary>
    /// <param name="result">The story.</param>
    /// <param name="folder">Where to; made when it is missing.</param>
    /// <param name="cancellation">Ends the drawing; nothing is left behind then.</param>
    /// <exception cref="InputException">The folder cannot be written, or node, its packages or a font is missing.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void Write(LiveResult result, string folder, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(result);
        var packages = NodePackages.Find(AppContext.BaseDirectory);
        ReportFolder.Write(folder, WriteInto, cancellation);

        void WriteInto(string work)
        {
            var subtitle = $"{PlainText.Clean(result.Model, 60)} on {result.Nodes} x {result.RanksPerNode} ranks";
            var drawn = FigureGroup.Write([new FigureGroup("", subtitle, LiveFigures.Draw(result))], work, "node", cancellation)[0];
            ReportFolder.WriteText(work, Report.PageName, LivePage.Write(result, drawn, PageScripts.Read(packages)));
        }
    }
}
