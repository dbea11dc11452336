using System.Text;
using MoEPlace.Results;

namespace MoEPlace.Reports.Lives;

/// <summary>The page of a story: what it came to, what happened, then the figures.</summary>
internal static class LivePage
{
    /// <summary>The whole page.</summary>
    /// <param name="result">The story.</param>
    /// <param name="figures">In order; the drawing is null where one was left out.</param>
    /// <param name="scripts">What makes the drawings live.</param>
    internal static string Write(LiveResult result, IReadOnlyList<(Figure Figure, Page.Drawing? Drawing)> figures, PageScripts scripts)
    {
        var html = new StringBuilder(Page.Head($"A placement follows its traffic: {PlainText.Html(result.Model, 100)}", scripts.Policy));
        html.Append("<header><h1>A placement follows its traffic</h1>\n</header>\n<section id=\"answer\">\n");
        html.Append("<p>A model of experts served text on the ranks of a machine, with a placement that was made for that text. The text changed; the "
            + "placement service saw it, planned, moved experts between steps, and held the result to its promise.</p>\n");
        html.Append("<div class=\"verdict").Append(result.Outcome == "kept" ? "" : " missed").Append("\"><ul class=\"answer\">");
        foreach (var finding in Findings(result))
            html.Append("<li>").Append(PlainText.Html(finding)).Append(".</li>");
        html.Append("</ul></div>\n<dl class=\"facts\">");
        foreach (var (name, value) in new[] { ("Model", result.Model), ("Ranks", $"{result.Nodes} x {result.RanksPerNode}"), ("Links", result.Links), ("Text", result.Traffic) })
            html.Append("<div><dt>").Append(name).Append("</dt><dd>").Append(PlainText.Html(value, 400)).Append("</dd></div>");
        html.Append("</dl>\n<h3>What happened</h3>\n").Append(Events(result).ToHtml());
        List(html, "Why it was decided so", result.Reasons);
        List(html, "What moved", result.Changes);
        foreach (var (figure, drawing) in figures)
            FigureElement.Append(html, "figure-" + figure.Name, "", synthetic: false, figure, drawing, open: figure.Name is "steps" or "copies");
        html.Append("</section>\n<footer><p>Written by MoEPlace. Figures and data also lie beside this page as SVG, PNG and CSV; the whole story is in story.json, "
            + "the first decision with all that it was made of in decision-1.zip (<code>moeplace decide decision-1.zip</code>).</p></footer>\n</main>\n");
        return html.Append(scripts.Elements).ToString();
    }

    private static IEnumerable<string> Findings(LiveResult result)
    {
        yield return result.Outcome switch
        {
            "kept" => "The new placement was put in force while the job ran, and was kept",
            "returned" => "The new placement was undone: it did not keep its promise",
            "refused" => "The job did not take the new placement",
            "failed" => "The apply failed",
            _ => "What was in force stayed in force",
        };
        foreach (var finding in new[] { LiveFindings.Drift(result), LiveFindings.Steps(result), LiveFindings.Copies(result) })
            if (finding is not null)
                yield return finding;
    }

    private static Table Events(LiveResult result) => new(
        [new("seconds", "seconds", v => FormattableString.Invariant($"{(double)v!:0.0}")), TableColumn.Text("what", "kind"), TableColumn.Text("in words", "text")],
        [.. result.Events.Select(e => new object?[] { e.Seconds, PlainText.Clean(e.Kind, 40), PlainText.Clean(e.Text, 400) })]);

    private static void List(StringBuilder html, string title, IReadOnlyCollection<string> lines)
    {
        if (lines.Count == 0)
            return;
        html.Append("<h3>").Append(title).Append("</h3>\n<ul class=\"answer\">");
        foreach (var line in lines)
            html.Append("<li>").Append(PlainText.Html(line, 400)).Append("</li>");
        html.Append("</ul>\n");
    }
}
