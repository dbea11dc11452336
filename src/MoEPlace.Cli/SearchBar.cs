using System.Globalization;
using MoEPlace.Placement;

namespace MoEPlace.Cli;

/// <summary>Shows a search on standard error.</summary>
/// <param name="writer">Standard error.</param>
/// <param name="what">What is searched.</param>
/// <param name="columns">Of the terminal; null when it is none, and then nothing but whole lines is written.</param>
/// <param name="clock">Tells when the next line is due.</param>
internal sealed class SearchBar(TextWriter writer, string what, int? columns, TimeProvider clock) : IProgress<SearchProgress>, IDisposable
{
    private const double LongestShownSeconds = 1e6;
    private readonly StatusLine line = new(writer, columns, clock);

    /// <summary>The bar of a search, as the writer can show it.</summary>
    public static SearchBar On(TextWriter writer, string what) => new(writer, what, StatusLine.ColumnsOf(writer), TimeProvider.System);

    /// <inheritdoc/>
    public void Report(SearchProgress value) => line.Show(value.Fraction, Describe(value));

    /// <summary>Clears the bar.</summary>
    public void Dispose() => line.Dispose();

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
}
