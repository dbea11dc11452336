using System.Text;

namespace MoEPlace.Reports;

/// <summary>The page: everything inside it, nothing loaded; its own policy forbids the browser to.</summary>
internal static class Page
{
    private const int MostRowsShown = 200;

    /// <summary>A figure as node drew it.</summary>
    /// <param name="Svg">Without title.</param>
    /// <param name="Vega">The compiled specification, as JSON.</param>
    internal sealed record Drawing(string Svg, string Vega);

    /// <summary>A section with its figures; the drawing is null where the figure was left out.</summary>
    internal sealed record Part(ReportSection Section, IReadOnlyList<(Figure Figure, Drawing? Drawing)> Figures);

    /// <summary>The whole page.</summary>
    /// <param name="parts">In order.</param>
    /// <param name="scripts">What makes the drawings live.</param>
    internal static string Write(IReadOnlyList<Part> parts, PageScripts scripts)
    {
        var html = new StringBuilder();
        html.Append(Head(Title(parts), scripts.Policy));
        html.Append("<header><h1>Where the experts live: placements judged</h1>\n");
        if (parts.Any(p => p.Section.Synthetic))
            html.Append("<p class=\"synthetic\"><strong>Synthetic routing.</strong> ")
                .Append(parts.All(p => p.Section.Synthetic) ? "The trace was" : "Some of the traces were")
                .Append(" drawn from a random process, not recorded from a run of a model. ")
                .Append("Numbers made of it say how methods compare, not what a deployment will see.</p>\n");
        if (parts.Count > 1)
            html.Append("<nav><ol>").AppendJoin("",
                parts.Select(p => $"<li><a href=\"#result-{p.Section.Number}\">{Heading(p.Section)}</a></li>")).Append("</ol></nav>\n");
        html.Append("</header>\n");
        foreach (var part in parts)
            AppendSection(html, part);
        html.Append("<footer><p>Written by MoEPlace. The same results give the same page, byte for byte. ")
            .Append("Figures and data also lie beside this page as SVG, PNG and CSV.</p></footer>\n</main>\n");
        return html.Append(scripts.Elements).ToString();
    }

    /// <summary>What stands before the header of a page: its policy, which lets it load nothing, its title and style.</summary>
    /// <param name="title">Escaped.</param>
    /// <param name="scripts">The end of the policy that names the scripts inside the page; empty when there are none.</param>
    internal static string Head(string title, string scripts = "") =>
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        + $"img-src data:; base-uri 'none'; form-action 'none'{scripts}\">\n"
        + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        + "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" content=\"MoEPlace\">\n"
        + $"<title>{title}</title>\n<style>\n{Resource("page.css")}</style>\n</head>\n<body>\n<main>\n";

    private static string Title(IReadOnlyList<Part> parts) =>
        $"Expert placement: {PlainText.Escape(string.Join(", ", parts.Select(p => p.Section.Model).Distinct().Take(3)))}";

    private static string Heading(ReportSection section) => PlainText.Escape($"{section.Model} on {section.Cluster}")
        + (section.Synthetic ? " <span class=\"tag\">synthetic</span>" : "");

    private static void AppendSection(StringBuilder html, Part part)
    {
        var section = part.Section;
        html.Append($"<section id=\"result-{section.Number}\">\n<h2>").Append(Heading(section)).Append("</h2>\n");
        AppendFacts(html, section);
        var best = PlainText.Html(section.Best.Name);
        html.Append("<p class=\"verdict\">Best placement: <strong>").Append(best).Append("</strong> (").Append(section.BestBecause)
            .Append("). ")
            .Append(section.Compares
                ? $"Before: <strong>{PlainText.Html(section.Baseline.Name)}</strong>, the first placement; after: <strong>{best}</strong>."
                : section.Placements.Length == 1 ? "It is the only one."
                    : "It is the first placement, the baseline; none of the others is better.")
            .Append("</p>\n");
        html.Append(ValidationFindings.Notes(section));
        html.Append("<h3>All placements</h3>\n").Append(SummaryTable.Overview(section).ToHtml(MostRowsShown))
            .Append("<p class=\"note\">Lower is better in every measure; the best value of a column is marked ★ where values differ.")
            .Append(FigureElement.Files(section.FilePrefix + "summary", "csv")).Append("</p>\n");
        html.Append("<details><summary>All measures</summary>").Append(SummaryTable.Judged(section).ToHtml(MostRowsShown))
            .Append("</details>\n");
        html.Append("<details><summary>What each measure means</summary><dl>");
        foreach (var measure in Measures.All)
            html.Append("<dt>").Append(measure.Title).Append("</dt><dd>").Append(PlainText.Escape(measure.Meaning)).Append("</dd>");
        foreach (var (column, _) in SummaryTable.Search(section))
            html.Append("<dt>").Append(column.Title).Append("</dt><dd>").Append(PlainText.Escape(column.Hint)).Append("</dd>");
        html.Append("</dl><p>A GPU is one rank; layers count MoE layers from 0.</p></details>\n");
        html.Append("<details><summary>How each placement was solved</summary>")
            .Append(SummaryTable.Solved(section).ToHtml(MostRowsShown)).Append("</details>\n");
        html.Append("<details><summary>How to reproduce</summary><p>TRACE is the trace with the digest above. ")
            .Append("A search that a time limit ended can end elsewhere on another machine.</p><pre>")
            .Append(PlainText.Escape(Reproduction.Commands(section))).Append("</pre></details>\n");
        foreach (var (figure, drawing) in part.Figures)
            FigureElement.Append(
                html, $"figure-{section.Number}-{figure.Name}", section.FilePrefix, section.Synthetic, figure, drawing);
        html.Append("</section>\n");
    }

    private static void AppendFacts(StringBuilder html, ReportSection section)
    {
        var result = section.Result;
        (string Name, string Value)[] facts =
        [
            ("Model", PlainText.Html(result.Model, 200)),
            ("Trace", (section.Synthetic ? "<strong class=\"tag\">synthetic</strong> " : "measured: ")
                + PlainText.Html(result.Source, 400)),
            ("Digest", $"<code>{PlainText.Html(result.TraceDigest, 100)}</code> (SHA-256 of the trace)"),
            ("Judged on", $"{PlainText.Html(result.Split, 20)} split, {Quantity.Count(section.Baseline.Measures.Tokens)} tokens"),
            ("Residency", PlainText.Html(result.Residency, 20) + result.Residency switch
            {
                "home" => ": a hidden state returns to its own GPU after every layer",
                "coherent" => ": a hidden state stays where its first-choice expert is",
                _ => "",
            }),
            ("Cluster", $"{PlainText.Html(result.Cluster, 100)}: {section.Cluster}"),
            ("Placement", $"{Quantity.Count(section.Layers)} MoE {(section.Layers == 1 ? "layer" : "layers")}, "
                + $"{Quantity.Count(result.Placements[0].Detail.RankOfExpert[0].Length)} experts in each"),
        ];
        html.Append("<dl class=\"facts\">");
        foreach (var (name, value) in facts)
            html.Append("<div><dt>").Append(name).Append("</dt><dd>").Append(value).Append("</dd></div>");
        html.Append("</dl>\n");
    }

    internal static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(Page).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
