namespace MoEPlace.Cli;

/// <summary>
/// Shows how far something is on standard error: a bar that is redrawn on a terminal, else a line every five seconds at most.
/// </summary>
/// <param name="writer">Standard error.</param>
/// <param name="columns">Of the terminal; null when it is none, and then nothing but whole lines is written.</param>
/// <param name="clock">Tells when the next line is due.</param>
internal sealed class StatusLine(TextWriter writer, int? columns, TimeProvider clock) : IDisposable
{
    private const int Widest = 28;
    private const int Narrowest = 8;
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);
    private long lineAt = clock.GetTimestamp();
    private int drawn;

    /// <summary>The columns of the terminal that a writer shows things on; null when it is none.</summary>
    public static int? ColumnsOf(TextWriter writer) => writer == Console.Error && !Console.IsErrorRedirected ? Terminal.Columns : null;

    /// <summary>Shows it, when it is due.</summary>
    /// <param name="fraction">Done, 0 to 1.</param>
    /// <param name="text">The rest of the line.</param>
    public void Show(double fraction, string text)
    {
        if (columns is { } width)
        {
            // A line of the full width would wrap, and then not be overwritten.
            var line = Draw(fraction, text, width - 1);
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

    private static string Draw(double fraction, string text, int most)
    {
        var bar = Math.Min(Widest, most - text.Length - "[] ".Length);
        var full = (int)Math.Round(bar * Math.Clamp(fraction, 0, 1));
        var line = bar < Narrowest ? text : $"[{new string('#', full)}{new string('.', bar - full)}] {text}";
        return line.Length <= most ? line : line[..most];
    }
}
