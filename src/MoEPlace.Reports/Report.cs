using System.Text;
using MoEPlace.Reports.Figures;
using MoEPlace.Results;

namespace MoEPlace.Reports;

/// <summary>Figures and a page of what placements were judged to be.</summary>
public static class Report
{
    /// <summary>The page; open it in a browser.</summary>
    public const string PageName = "index.html";

    private const string Generator = "<meta name=\"generator\" content=\"MoEPlace\">";
    private static readonly string[] Names =
        ["summary", "load", "crossing", "remaining", "affinity", "copies", "trade-off", "front", "bound", "held-out", "drift", "learning"];

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
        var full = FullPath(directory);
        try
        {
            var work = Directory.Exists(full)
                ? Path.Combine(full, $".report.{Environment.ProcessId}.part")
                : $"{Path.TrimEndingDirectorySeparator(full)}.{Environment.ProcessId}.part";
            try
            {
                Directory.CreateDirectory(work);
                WriteInto(work, results, packages, node, cancellation);
                cancellation.ThrowIfCancellationRequested();
                Publish(work, full);
            }
            finally
            {
                if (Directory.Exists(work))
                    Directory.Delete(work, recursive: true);
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new InputException(directory, "output", e.Message, "a folder that can be written");
        }
    }

    private static string FullPath(string directory)
    {
        try
        {
            return Path.GetFullPath(directory);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException or PathTooLongException)
        {
            throw new InputException(directory, "output", e.Message, "the path of a folder");
        }
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
        var figures = sections.Select(Draw).ToArray();
        var jobs = sections.SelectMany((section, i) => figures[i].Where(f => f.Spec is not null)
            .Select(f => new FigureRenderer.Job(section.FilePrefix + f.Name, FigureStyle.Title(f, section), f.Spec!))).ToArray();
        if (jobs.Length > 0)
            FigureRenderer.Render(jobs, work, node, cancellation);
        var parts = sections.Select((section, i) => new Page.Part(section, [.. figures[i].Select(f => (f, Take(work, section, f)))]))
            .ToArray();
        foreach (var part in parts)
        {
            WriteText(Path.Combine(work, part.Section.FilePrefix + "summary.csv"), SummaryTable.Judged(part.Section).ToCsv());
            foreach (var (figure, _) in part.Figures.Where(f => f.Figure.Data is not null))
                WriteText(Path.Combine(work, $"{part.Section.FilePrefix}{figure.Name}.csv"), figure.Data!.ToCsv());
        }
        WriteText(Path.Combine(work, PageName),
            Page.Write(parts, File.ReadAllText(packages.VegaRuntime), File.ReadAllText(packages.VegaLicence)));
    }

    /// <summary>All figures of a section in the order of the page, those left out too.</summary>
    internal static Figure[] Draw(ReportSection section) =>
        [LoadFigure.Draw(section), CrossingFigure.Draw(section), RemainingFigure.Draw(section), AffinityFigure.Draw(section),
            CopiesFigure.Draw(section), TradeOffFigure.Draw(section), TradeOffFigure.DrawCopies(section), BoundFigure.Draw(section),
            .. ValidationFigures.Draw(section)];

    /// <summary>Reads what only the page needs, and removes it.</summary>
    private static Page.Drawing? Take(string work, ReportSection section, Figure figure)
    {
        if (figure.Spec is null)
            return null;
        var path = Path.Combine(work, section.FilePrefix + figure.Name);
        var drawing = new Page.Drawing(File.ReadAllText(path + ".inline.svg"), File.ReadAllText(path + ".vega.json"));
        File.Delete(path + ".inline.svg");
        File.Delete(path + ".vega.json");
        return drawing;
    }

    private static void Publish(string work, string directory)
    {
        if (!Directory.Exists(directory))
        {
            Directory.Move(work, directory);
            return;
        }
        var written = Directory.GetFiles(work).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal).ToArray();
        var page = Path.Combine(directory, PageName);
        string[] stale = File.Exists(page) && File.ReadLines(page).Take(20).Contains(Generator)
            ? [.. Directory.GetFiles(directory).Where(f => IsOurs(Path.GetFileName(f)) && !written.Contains(Path.GetFileName(f)))]
            : [];
        // The page last: it never stands there before the files that it names.
        foreach (var file in written.OrderBy(f => f == PageName))
            File.Move(Path.Combine(work, file), Path.Combine(directory, file), overwrite: true);
        foreach (var file in stale)
            File.Delete(file);
    }

    private static bool IsOurs(string file)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        var number = name.TakeWhile(char.IsAsciiDigit).Count();
        if (number > 0 && number < name.Length && name[number] == '-')
            name = name[(number + 1)..];
        return Path.GetExtension(file) is ".svg" or ".png" or ".csv" && Names.Contains(name);
    }

    private static void WriteText(string path, string text) => File.WriteAllText(path, text, new UTF8Encoding(false));
}
