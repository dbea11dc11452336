using System.Globalization;
using MoEPlace.Placement;

namespace MoEPlace.Cli;

/// <summary>Shows a search on standard error: a bar that is redrawn on a terminal, else a line every five seconds at most.</summary>
/// <param name="writer">Standard error.</param>
/// <param name="what">What is searched.</param>
/// <param name="columns">Of the terminal; null when it is none, and then nothing but whole lines is written.</param>
/// <param name="clock">Tells when the next line is due.</param>
internal sealed class SearchBar(TextWriter writer, string what, int? columns, TimeProvider clock) : IProgress<SearchProgress>, IDisposable
{
    private const int Widest = 28;
    private const int Narrowest = 8;
    private const double LongestShownSeconds = 1e6;
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);
    private long lineAt = clock.GetTimestamp();
    private int drawn;

    /// <summary>The bar of a search, as the writer can show it.</summary>
    public static SearchBar On(TextWriter writer, string what) => new(
        writer, what, writer == Console.Error && !Console.IsErrorRedirected ? Terminal.Columns : null, TimeProvider.System);

    /// <inheritdoc/>
    public void Report(SearchProgress value)
    {
        var text = Describe(value);
        if (columns is { } width)
        {
            // A line of the full width would wrap, and then not be overwritten.
            var line = Draw(value.Fraction, text, width - 1);
            writer.Write('\r' + line.PadRight(drawn));
            writer.Flush();
            drawn = line.Length;
        }
        else if (clock.GetElapsedTime(lineAt) >= BetweenLines)
        {
            writer.WriteLine(text);
            lineAt = clock.GetTimestamp();
        }
    }

    /// <summary>Clears the bar.</summary>
    public void Dispose()
    {
        if (drawn > 0)
            writer.Write('\r' + new string(' ', drawn) + '\r');
        drawn = 0;
    }

    private string Describe(SearchProgress value)
    {
        var best = !double.IsFinite(value.BestObjective) ? "" : ", best " + Number(value.BestObjective);
        if (best.Length > 0 && value.Bound is { } bound)
            best += $" (none below {Number(bound)})";
        var left = value.SecondsLeft < LongestShownSeconds ? FormattableString.Invariant($", {value.SecondsLeft:F0} s left") : "";
        var rounds = value.Iterations == 1 ? "round" : "rounds";
        return FormattableString.Invariant($"{what}: {value.Fraction,4:P0}{best}, {value.Iterations} {rounds}{left}");
    }

    private static string Number(double value) => value.ToString(value >= 1000 ? "N0" : "G5", CultureInfo.InvariantCulture);

    private static string Draw(double fraction, string text, int most)
    {
        var bar = Math.Min(Widest, most - text.Length - "[] ".Length);
        var full = (int)Math.Round(bar * Math.Clamp(fraction, 0, 1));
        var line = bar < Narrowest ? text : $"[{new string('#', full)}{new string('.', bar - full)}] {text}";
        return line.Length <= most ? line : line[..most];
    }
}
