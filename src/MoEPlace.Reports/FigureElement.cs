using System.Text;

namespace MoEPlace.Reports;

/// <summary>A figure as an element of a page: its finding, the drawing, how to read it, and its data.</summary>
internal static class FigureElement
{
    private const int MostRowsShown = 200;
    private const int RowsOpen = 40;

    /// <summary>Appends the figure, or why it was not drawn.</summary>
    /// <param name="html">The page so far.</param>
    /// <param name="id">Of the element, the only one of the page.</param>
    /// <param name="prefix">What the names of its files start with.</param>
    /// <param name="synthetic">Marks it so.</param>
    /// <param name="figure">What it is.</param>
    /// <param name="drawing">As node drew it; null where it was left out.</param>
    /// <param name="open">Shows the data without a click where it is short.</param>
    internal static void Append(
        StringBuilder html, string id, string prefix, bool synthetic, Figure figure, Page.Drawing? drawing, bool open = true)
    {
        html.Append($"<section class=\"figure\" id=\"{id}\"><p class=\"topic\">{figure.Topic}</p>");
        if (drawing is null)
        {
            html.Append($"<p class=\"missing\">Not drawn: {PlainText.Html(figure.Missing)}.</p></section>\n");
            return;
        }
        html.Append($"<h3>{PlainText.Escape(figure.Finding)}.</h3>\n");
        if (synthetic)
            html.Append("<p class=\"tagline\"><span class=\"tag\">synthetic</span></p>\n");
        html.Append($"<div class=\"scroll\"><div class=\"drawing\" role=\"img\" aria-label=\"{PlainText.Escape(figure.Finding)}\" ")
            .Append($"data-spec=\"{id}-spec\">{drawing.Svg}</div></div>\n");
        html.Append($"<script type=\"application/json\" id=\"{id}-spec\">{drawing.Vega.Replace("<", "\\u003c")}</script>\n");
        html.Append("<p class=\"note\">").Append(PlainText.Html(figure.Reading))
            .Append(Files(prefix + figure.Name, "svg", "png", "csv")).Append("</p>\n");
        var rows = figure.Data!.Rows.Length;
        var shown = rows > MostRowsShown ? $"the first {MostRowsShown} of {Quantity.Count(rows)} rows; the CSV has all" : rows == 1
            ? "1 row" : $"{rows} rows";
        html.Append(rows > RowsOpen || !open ? "<details>" : "<details open>").Append($"<summary>Data: {shown}</summary>")
            .Append(figure.Data.ToHtml(MostRowsShown)).Append("</details></section>\n");
    }

    /// <summary>Links to the files of one name.</summary>
    internal static string Files(string name, params string[] extensions) => " <span class=\"files\">"
        + string.Join(" · ", extensions.Select(e => $"<a href=\"{name}.{e}\">{e.ToUpperInvariant()}</a>")) + "</span>";
}
