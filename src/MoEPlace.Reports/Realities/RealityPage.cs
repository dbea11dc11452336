using System.Text;
using MoEPlace.Results;

namespace MoEPlace.Reports.Realities;

/// <summary>The page of a reality result: the answer first, then the figures, then what it rests on.</summary>
internal static class RealityPage
{
    /// <summary>The whole page.</summary>
    /// <param name="result">Checked.</param>
    /// <param name="figures">In order; the drawing is null where one was left out.</param>
    /// <param name="scripts">What makes the drawings live.</param>
    internal static string Write(RealityResult result, IReadOnlyList<(Figure Figure, Page.Drawing? Drawing)> figures, PageScripts scripts)
    {
        var html = new StringBuilder(Page.Head($"Simulated and measured: {PlainText.Html(result.Model, 100)}", scripts.Policy));
        html.Append("<header><h1>The simulator held against measured steps</h1>\n</header>\n<section id=\"answer\">\n");
        html.Append("<p>A model of experts ran on the ranks of a machine; every step was timed. The simulator was then given the same "
            + "tokens, and of the machine only what was measured of its parts beforehand: nothing was fitted to the steps that it is held against.</p>\n");
        html.Append("<div class=\"verdict").Append(RealityFindings.AllWithin(result) ? "" : " missed").Append("\"><ul class=\"answer\">");
        foreach (var finding in Findings(result))
            html.Append("<li>").Append(PlainText.Html(finding)).Append(".</li>");
        html.Append("</ul></div>\n");
        AppendFacts(html, result);
        html.Append("<h3>The links, and what they reach</h3>\n").Append(Links(result).ToHtml())
            .Append("<p class=\"note\">One direction of a node's adapter, which all its ranks share. Fitted: how well the times of the "
                + "parts are told by the formulas that the simulator takes.").Append(FigureElement.Files("links", "csv")).Append("</p>\n");
        html.Append("<details><summary>What the words mean</summary><dl>");
        foreach (var (word, meaning) in Words)
            html.Append("<dt>").Append(word).Append("</dt><dd>").Append(meaning).Append("</dd>");
        html.Append("</dl></details>\n");
        foreach (var (figure, drawing) in figures)
            FigureElement.Append(html, "figure-" + figure.Name, "", synthetic: false, figure, drawing, open: figure.Name is "steps" or "bytes");
        html.Append("</section>\n<footer><p>Written by MoEPlace. The same result gives the same page, byte for byte. ")
            .Append("Figures and data also lie beside this page as SVG, PNG and CSV.</p></footer>\n</main>\n");
        return html.Append(scripts.Elements).ToString();
    }

    /// <summary>One row a link.</summary>
    internal static Table Links(RealityResult result) => new(
        [
            TableColumn.Text("link", "link"),
            new("limited to", "statedBytesPerSecond", v => v is null ? "not limited" : Rate(v)),
            new("reached", "measuredBytesPerSecond", Rate),
            TableColumn.Text("fitted", "fitted"),
        ],
        [
            .. result.Links.Select(link => new object?[]
            {
                PlainText.Clean(link.Name, 40), link.StatedBytesPerSecond, link.MeasuredBytesPerSecond,
                PlainText.Clean(Fitted(link), 400),
            }),
        ]);

    /// <summary>Where the calibration comes from; the machine is told once, above.</summary>
    private static string Fitted(RealityLink link) => link.Cluster.Calibration is { } calibration
        ? calibration.Source.Replace($"calibrate, {link.Measurements.Machine}; ", "", StringComparison.Ordinal)
        : "not calibrated";

    private static readonly (string Word, string Meaning)[] Words =
    [
        ("step", "one pass of the model over one new token of each of many texts at once; a batch is the number of these tokens"),
        ("rank, node", "a rank is one process with a part of the experts; a node is ranks behind one network adapter"),
        ("placement", "on which rank each expert lies: contiguous deals them out in order, affinity puts experts together that tokens "
            + "choose together, so that few copies of a hidden state travel"),
        ("dispatch, combine", "the hidden states of tokens travel to the ranks of their experts, and back"),
        ("attention, experts, step", "what a rank computes: attention and choice of experts; the experts; and, once a step, everything "
            + "beside the layers"),
        ("evaluate", "counts, on the recorded choices of experts, what a placement sends; it runs nothing"),
    ];

    private static IEnumerable<string> Findings(RealityResult result)
    {
        yield return RealityFindings.Steps(result);
        yield return RealityFindings.Bytes(result);
        if (RealityFindings.Gains(result) is { } gains)
            yield return gains;
        if (result.Migration is { } migration)
            yield return RealityFindings.Migration(migration);
    }

    private static void AppendFacts(StringBuilder html, RealityResult result)
    {
        (string, string)[] facts =
        [
            ("Model", result.Model), ("Machine", result.Machine),
            ("Ranks", $"{result.Nodes} {(result.Nodes == 1 ? "node" : "nodes")} of {result.RanksPerNode} "
                + $"{(result.RanksPerNode == 1 ? "rank" : "ranks")}"),
            ("Nodes", result.Emulated ?? (result.Nodes == 1 ? "one, real" : "real")), ("Text", result.Source),
        ];
        html.Append("<dl class=\"facts\">");
        foreach (var (name, value) in facts)
            html.Append("<div><dt>").Append(name).Append("</dt><dd>").Append(PlainText.Html(value, 400)).Append("</dd></div>");
        html.Append("</dl>\n");
    }

    private static string Rate(object? bytesPerSecond) => Quantity.Bytes((double?)bytesPerSecond) + "/s";
}
