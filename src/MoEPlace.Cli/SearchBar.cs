using System.Globalization;
using MoEPlace.Placement;

namespace MoEPlace.Cli;

/// <summary>Shows a search on standard error: a bar that is redrawn on a terminal, else a line now and then.</summary>
/// <param name="writer">Standard error.</param>
/// <param name="what">What is searched.</param>
internal sealed class SearchBar(TextWriter writer, string what) : IProgress<SearchProgress>, IDisposable
{
    private const int Width = 28;
    private const double LineEverySeconds = 5;
    private readonly bool redraws = writer == Console.Error && !Console.IsErrorRedirected;
    private readonly System.Diagnostics.Stopwatch sinceLine = System.Diagnostics.Stopwatch.StartNew();
    private int drawn;

    /// <inheritdoc/>
    public void Report(SearchProgress value)
    {
        var left = double.IsFinite(value.SecondsLeft) && value.SecondsLeft < 1e6 ? $", {value.SecondsLeft:F0} s left" : "";
        var best = double.IsFinite(value.BestObjective) ? value.BestObjective.ToString("G6", CultureInfo.InvariantCulture) : "none yet";
        var text = $"{what}: {value.Fraction,4:P0}, best {best}, {value.Iterations} rounds{left}";
        if (redraws)
        {
            var full = (int)Math.Round(Width * Math.Clamp(value.Fraction, 0, 1));
            var bar = $"[{new string('#', full)}{new string('.', Width - full)}] {text}";
            writer.Write('\r' + bar.PadRight(drawn));
            drawn = bar.Length;
        }
        else if (sinceLine.Elapsed.TotalSeconds >= LineEverySeconds)
        {
            writer.WriteLine(text);
            sinceLine.Restart();
        }
    }

    /// <summary>Clears the bar.</summary>
    public void Dispose()
    {
        if (drawn > 0)
            writer.Write('\r' + new string(' ', drawn) + '\r');
    }
}
