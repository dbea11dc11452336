using System.Text;
using MoEPlace.Results;

namespace MoEPlace.Reports.Simulations;

/// <summary>The page of simulations: the answer first, then the figures, then what it rests on.</summary>
internal static class SimulationPage
{
    /// <summary>A section with its figures; the drawing is null where the figure was left out.</summary>
    internal sealed record Part(SimulationSection Section, IReadOnlyList<(Figure Figure, Page.Drawing? Drawing)> Figures);

    /// <summary>The whole page.</summary>
    /// <param name="parts">In order.</param>
    /// <param name="sweeps">Figures over several results; may be empty.</param>
    /// <param name="scripts">What makes the drawings live.</param>
    internal static string Write(
        IReadOnlyList<Part> parts, IReadOnlyList<(Figure Figure, string Prefix, Page.Drawing? Drawing)> sweeps, PageScripts scripts)
    {
        var sections = parts.Select(p => p.Section).ToArray();
        var html = new StringBuilder();
        html.Append(Page.Head($"Simulated: {Title(sections[0])}", scripts.Policy));
        html.Append("<header><h1>").Append(sections.Length == 1 ? Title(sections[0]) : $"{sections.Length} simulations").Append("</h1>\n");
        if (Array.Exists(sections, s => s.Synthetic))
            html.Append("<p class=\"synthetic\"><strong>Synthetic routing.</strong> ")
                .Append(Array.TrueForAll(sections, s => s.Synthetic) ? "The routing was" : "Some of the routing was")
                .Append(" drawn from a random process, not recorded from a run of a model. ")
                .Append("Numbers made of it say how variants compare, not what a deployment will see.</p>\n");
        if (sections.Length > 1)
            html.Append("<nav><ol>").AppendJoin("", sections.Select(s => $"<li><a href=\"#result-{s.Number}\">{Title(s)}</a></li>"))
                .Append("</ol></nav>\n");
        html.Append("</header>\n");
        foreach (var (i, (figure, prefix, drawing)) in sweeps.Index())
            FigureElement.Append(html, $"sweep-{i + 1}", prefix, Array.Exists(sections, s => s.Synthetic), figure, drawing);
        foreach (var part in parts)
            AppendSection(html, part, heading: sections.Length > 1);
        html.Append("<footer><p>Written by MoEPlace. Simulated times are those of a model of the machine, not measured. ")
            .Append("The same results give the same page, byte for byte. ")
            .Append("Figures and data also lie beside this page as SVG, PNG and CSV.</p></footer>\n</main>\n");
        return html.Append(scripts.Elements).ToString();
    }

    private static string Title(SimulationSection section) =>
        PlainText.Html(string.IsNullOrWhiteSpace(section.Result.Title) ? section.Result.Scenario : section.Result.Title, 200);

    private static void AppendSection(StringBuilder html, Part part, bool heading)
    {
        var section = part.Section;
        html.Append($"<section id=\"result-{section.Number}\">\n");
        if (heading)
            html.Append("<h2>").Append(Title(section)).Append("</h2>\n");
        html.Append("<p>").Append(PlainText.Html(section.Result.Question, 600)).Append("</p>\n");
        AppendAnswer(html, section);
        AppendFacts(html, section);
        html.Append("<h3>What was measured</h3>\n").Append(SimulatedMeasures.Values(section).Pick(["variant", .. SimulationMeasure.All]).ToHtml())
            .Append("<p class=\"note\">Of a step, unless it says otherwise. Where lower is better the best value of a column is marked ★.")
            .Append(FigureElement.Files(section.FilePrefix + "measures", "csv")).Append("</p>\n");
        if (section.Variants.Length > 1)
            html.Append("<details open><summary>The same over the baseline</summary>").Append(SimulatedMeasures.Ratios(section).ToHtml())
                .Append("</details>\n");
        html.Append("<details><summary>What each variant is</summary>").Append(SimulationTables.Variants(section).ToHtml()).Append("</details>\n");
        html.Append("<details><summary>What each measure means</summary><dl>");
        foreach (var measure in SimulatedMeasures.All)
            html.Append("<dt>").Append(measure.Title).Append("</dt><dd>").Append(PlainText.Escape(measure.Meaning)).Append("</dd>");
        html.Append("</dl><p>A GPU is one rank; layers count MoE layers from 0.</p></details>\n");
        if (section.Result.Expectations.Length > 0)
            html.Append("<h3>What was expected</h3>\n").Append(SimulationTables.Expectations(section).ToHtml())
                .Append("<p class=\"note\">The scenario stated this before it was run.")
                .Append(FigureElement.Files(section.FilePrefix + "expectations", "csv")).Append("</p>\n");
        if (section.Result.Published.Length > 0)
            html.Append("<h3>Beside what was published</h3>\n").Append(SimulationTables.Published(section).ToHtml())
                .Append("<p class=\"note\">").Append(FigureElement.Files(section.FilePrefix + "published", "csv")).Append("</p>\n");
        foreach (var (figure, drawing) in part.Figures)
            FigureElement.Append(
                html, $"figure-{section.Number}-{figure.Name}", section.FilePrefix, section.Synthetic, figure, drawing, open: false);
        if (part.Figures.Count == 0)
            html.Append("<p class=\"note\">Its figures are left out, as there are many results; a report of it alone draws them.</p>\n");
        html.Append("</section>\n");
    }

    private static void AppendFacts(StringBuilder html, SimulationSection section)
    {
        var result = section.Result;
        var shapes = section.Variants.Select(v => $"{PlainText.Clean(v.Result.Cluster, 60)}: {SimulationSection.Shape(v.Result)}").Distinct().Take(4);
        (string Name, string Value)[] facts =
        [
            ("Model", $"{PlainText.Html(result.Model, 200)}, {PlainText.Html(result.Phase, 40)}"),
            ("Routing", (section.Synthetic ? "<strong class=\"tag\">synthetic</strong> " : "measured: ") + PlainText.Html(result.Source, 400)),
            ("Cluster", PlainText.Html(string.Join("; ", shapes), 600)),
        ];
        html.Append("<dl class=\"facts\">");
        foreach (var (name, value) in facts)
            html.Append("<div><dt>").Append(name).Append("</dt><dd>").Append(value).Append("</dd></div>");
        html.Append("</dl>\n");
        if (result.Assumptions.Length > 0)
            html.Append("<details open><summary>What it assumes</summary><ul>")
                .AppendJoin("", result.Assumptions.Select(a => $"<li>{PlainText.Html(a, 600)}</li>")).Append("</ul></details>\n");
    }

    private static void AppendAnswer(StringBuilder html, SimulationSection section)
    {
        var missed = section.Result.Expectations.Count(e => !e.Met);
        html.Append("<div class=\"verdict\"><ul class=\"answer\"><li>").Append(Sentence(SimulationFindings.Made(section.Baseline))).Append("</li>");
        foreach (var variant in section.Variants.Skip(1))
            html.Append(variant == section.Fastest ? "<li class=\"fastest\">" : "<li>")
                .Append(Sentence(SimulationFindings.Compare(section, variant))).Append("</li>");
        html.Append("</ul></div>\n");
        if (missed > 0)
            html.Append("<p class=\"warning\"><strong>")
                .Append(missed == 1 ? "One expectation is not met." : $"{missed} expectations are not met.").Append("</strong></p>\n");
    }

    /// <summary>A finding with its name in bold and a full stop.</summary>
    private static string Sentence(string finding)
    {
        var colon = finding.IndexOf(": ", StringComparison.Ordinal);
        return $"<strong>{PlainText.Html(finding[..colon])}</strong>{PlainText.Html(finding[colon..], 4_000)}.";
    }
}
