using System.Globalization;
using System.Text;

namespace MoEPlace.Reports;

/// <summary>The data of a figure: one set of values, for people as HTML and for programs as CSV.</summary>
/// <param name="Columns">The first names the row.</param>
/// <param name="Rows">[row][column] string, long, int, double or null for unknown.</param>
internal sealed record Table(TableColumn[] Columns, object?[][] Rows)
{
    /// <summary>RFC 4180 with line feeds: raw values, nothing where unknown.</summary>
    internal string ToCsv()
    {
        var csv = new StringBuilder();
        csv.AppendJoin(',', Columns.Select(c => Quote(c.Key))).Append('\n');
        foreach (var row in Rows)
            csv.AppendJoin(',', row.Select(v => Quote(Convert.ToString(v, CultureInfo.InvariantCulture) ?? ""))).Append('\n');
        return csv.ToString();
    }

    /// <summary>The same without the columns that are unknown in every row.</summary>
    internal Table WithoutUnknown() =>
        Only(Enumerable.Range(0, Columns.Length).Where(i => Rows.Length == 0 || Array.Exists(Rows, row => row[i] is not null)));

    /// <summary>The columns of these keys, in their order; keys that the table does not have are passed over.</summary>
    internal Table Pick(IEnumerable<string> keys) =>
        Only(keys.Select(key => Array.FindIndex(Columns, c => c.Key == key)).Where(i => i >= 0));

    /// <summary>A table element; the best values stand in <c>td.best</c>.</summary>
    /// <param name="mostRows">Rows beyond this are left to the CSV.</param>
    internal string ToHtml(int mostRows = int.MaxValue)
    {
        var html = new StringBuilder("<div class=\"scroll\"><table><thead><tr>");
        foreach (var column in Columns)
            html.Append("<th scope=\"col\"").Append(column.IsText ? " class=\"text\"" : "")
                .Append(column.Hint.Length > 0 ? $" title=\"{PlainText.Escape(column.Hint)}\">" : ">")
                    .Append(PlainText.Html(column.Title)).Append("</th>");
        html.Append("</tr></thead><tbody>\n");
        var best = Columns.Select((_, i) => Best(i)).ToArray();
        foreach (var row in Rows.Take(mostRows))
        {
            html.Append("<tr>");
            for (var i = 0; i < row.Length; i++)
                html.Append(i == 0 ? Short(row[i]) ? "<th scope=\"row\" class=\"short\">" : "<th scope=\"row\">" : Opening(row[i], best[i]))
                    .Append(PlainText.Html(Columns[i].Show(row[i]))).Append(i == 0 ? "</th>" : "</td>");
            html.Append("</tr>\n");
        }
        return html.Append("</tbody></table></div>\n").ToString();
    }

    private Table Only(IEnumerable<int> columns)
    {
        int[] kept = [.. columns];
        return new Table([.. kept.Select(i => Columns[i])], [.. Rows.Select(row => kept.Select(i => row[i]).ToArray())]);
    }

    /// <summary>Too short to be broken, at a hyphen for example.</summary>
    private static bool Short(object? value) => value is not string { Length: > 24 };

    private static string Opening(object? value, double? best) => value switch
    {
        null => "<td class=\"unknown\">",
        string => Short(value) ? "<td class=\"text short\">" : "<td class=\"text\">",
        _ when best is { } b && Convert.ToDouble(value, CultureInfo.InvariantCulture) == b =>
            "<td class=\"best\" title=\"best of the column\">",
        _ => "<td>",
    };

    private double? Best(int column)
    {
        if (!Columns[column].BestIsLowest)
            return null;
        var values = Rows.Select(r => r[column]).Where(v => v is not null).Select(v => Convert.ToDouble(v, CultureInfo.InvariantCulture))
            .ToArray();
        return values.Length > 1 && values.Min() < values.Max() ? values.Min() : null;
    }

    private static string Quote(string value) =>
        value.AsSpan().IndexOfAny(",\"\r\n") < 0 ? value : "\"" + value.Replace("\"", "\"\"") + "\"";
}
