using System.Globalization;
using System.Text;

namespace MoEPlace.Reports;

/// <summary>Text that came from a file, made fit for a figure, a page or a command line.</summary>
internal static class PlainText
{
    /// <summary>One line without control characters or broken surrogates, cut to <paramref name="most"/> characters with an
    /// ellipsis.</summary>
    internal static string Clean(string? text, int most)
    {
        var clean = new StringBuilder();
        foreach (var rune in (text ?? "").EnumerateRunes())
        {
            // EnumerateRunes turns a broken surrogate into U+FFFD; controls, unassigned and U+FFFE are no XML characters or invisible.
            var kind = Rune.GetUnicodeCategory(rune);
            clean.Append(kind is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator ? " "
                : kind is UnicodeCategory.OtherNotAssigned or UnicodeCategory.Format ? "\uFFFD" : rune.ToString());
        }
        var line = clean.ToString().Trim();
        if (line.Length <= most)
            return line;
        var cut = char.IsHighSurrogate(line[most - 2]) ? most - 2 : most - 1;
        return string.Concat(line.AsSpan(0, cut), "…");
    }

    /// <summary>The same for HTML text and attribute values in quotes.</summary>
    internal static string Html(string? text, int most = 2_000) => Escape(Clean(text, most));

    /// <summary>Escapes what HTML gives a meaning, in text and in quoted attribute values.</summary>
    internal static string Escape(string text) =>
        text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("\"", "&quot;").Replace("'", "&#39;");

    /// <summary>One argument of a shell command.</summary>
    internal static string ShellArgument(string? text)
    {
        var clean = Clean(text, 200);
        return clean.Length > 0 && clean.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/' or ',' or '=' or '@' or ':')
            ? clean
            : "'" + clean.Replace("'", "'\\''") + "'";
    }

    /// <summary>Breaks a sentence into lines of at most <paramref name="width"/> characters where its words allow.</summary>
    internal static string[] Wrap(string text, int width)
    {
        var lines = new List<string>();
        var line = new StringBuilder();
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                lines.Add(line.ToString());
                line.Clear();
            }
            line.Append(line.Length > 0 ? " " : "").Append(word);
        }
        lines.Add(line.ToString());
        return [.. lines];
    }
}
