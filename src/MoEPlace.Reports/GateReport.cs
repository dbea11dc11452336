using System.Text;
using MoEPlace.Reports.Figures;
using MoEPlace.Results;

namespace MoEPlace.Reports;

/// <summary>Figures and a page of how affinity grows by gate.</summary>
public static class GateReport
{
    private static readonly string[] Endings = ["svg", "png", "csv"];

    /// <summary>
    /// Writes <c>index.html</c>, which loads nothing, and each figure as SVG, PNG and CSV. The same study gives the same bytes.
    /// </summary>
    /// <param name="study">What was measured.</param>
    /// <param name="directory">Where to; made when it is missing.</param>
    /// <param name="cancellation">Ends the drawing.</param>
    /// <exception cref="InputException">The folder cannot be written, or node, its packages or a font is missing.</exception>
    public static void Write(GateStudy study, string directory, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(study);
        NodePackages.Find(AppContext.BaseDirectory);
        var figures = GateFigures.Draw(study);
        try
        {
            Directory.CreateDirectory(directory);
            FigureRenderer.Render(
                [
                    .. figures.Select(f => new FigureRenderer.Job(
                        f.Name, new { text = PlainText.Wrap(f.Finding, 74), subtitle = study.Model }, f.Spec!)),
                ],
                directory, "node", cancellation);
            foreach (var figure in figures)
                OutputFile.WriteText(Path.Combine(directory, figure.Name + ".csv"), figure.Data!.ToCsv());
            OutputFile.WriteText(Path.Combine(directory, Report.PageName), Write(study, figures, directory));
            foreach (var figure in figures)
            {
                File.Delete(Path.Combine(directory, figure.Name + ".inline.svg"));
                File.Delete(Path.Combine(directory, figure.Name + ".vega.json"));
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new InputException(directory, "output", e.Message, "a folder that can be written");
        }
    }

    private static string Write(GateStudy study, Figure[] figures, string directory)
    {
        var html = new StringBuilder(Page.Head("Affinity by gate"));
        html.Append("<header><h1>How affinity grows in training, by gate</h1>\n<dl class=\"facts\">");
        (string, string)[] facts =
        [
            ("Model", study.Model), ("Text", string.Join(", ", study.Domains)),
            ("Placement",
                $"{study.Nodes} x {study.RanksPerNode} ranks ({study.Cluster}), solved on sequences whose number mod 5 is not 0, judged on the others"),
        ];
        foreach (var (name, value) in facts)
            html.Append("<div><dt>").Append(name).Append("</dt><dd>").Append(PlainText.Html(value)).Append("</dd></div>");
        html.Append("</dl></header>\n");
        foreach (var figure in figures)
            html.Append("<section class=\"figure\"><p class=\"topic\">").Append(figure.Topic).Append("</p><h3>")
                .Append(PlainText.Escape(figure.Finding))
                .Append(".</h3>\n<div class=\"scroll\"><div class=\"drawing\" role=\"img\" aria-label=\"")
                .Append(PlainText.Escape(figure.Finding))
                .Append("\">").Append(File.ReadAllText(Path.Combine(directory, figure.Name + ".inline.svg")))
                .Append("</div></div>\n<p class=\"note\">")
                .Append(PlainText.Html(figure.Reading)).Append(" <span class=\"files\">")
                .AppendJoin(" · ", Endings.Select(e => $"<a href=\"{figure.Name}.{e}\">{e.ToUpperInvariant()}</a>"))
                .Append("</span></p></section>\n");
        html.Append("<section><details><summary>Data</summary>").Append(figures[0].Data!.ToHtml()).Append("</details></section>\n")
            .Append("</main>\n</body>\n</html>\n");
        return html.ToString();
    }
}
