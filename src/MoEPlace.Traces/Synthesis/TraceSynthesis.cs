using System.Globalization;

namespace MoEPlace.Traces.Synthesis;

/// <summary>Writes traces that are drawn from a random process and say so: for tests, scaling studies and what-if questions.</summary>
public static class TraceSynthesis
{
    private const int BlockTokens = 2048;

    /// <summary>Writes a trace, block by block.</summary>
    /// <param name="path">Where it shall stand; nothing stands there unless it is complete.</param>
    /// <param name="options">What it shall look like.</param>
    /// <param name="cancellation">Ends the writing early; nothing is left then.</param>
    /// <exception cref="InputException">An option is out of range, or the path cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Write(string path, TraceSynthesisOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var columns = (options.GateWeights ? TraceColumns.GateWeights : 0) | (options.Domains > 1 ? TraceColumns.Domain : 0);
        using var writer = new RoutingTraceWriter(path, Header(options), options.Tokens, columns);
        var router = new SyntheticRouter(options);
        var (sequence, position) = (0, 0);
        for (long done = 0; done < options.Tokens;)
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = Rows((int)Math.Min(BlockTokens, options.Tokens - done), options);
            for (var row = 0; row < rows.Count; row++)
            {
                if (position == Length(sequence, options))
                    (sequence, position) = (sequence + 1, 0);
                if (position == 0)
                    router.Begin(sequence);
                router.Draw(rows, row);
                (rows.Sequence[row], rows.Position[row]) = (sequence, position++);
                if (rows.Domain is { } domain)
                    domain[row] = (byte)(sequence % options.Domains);
            }
            writer.Append(rows);
            done += rows.Count;
        }
        writer.Complete();
    }

    /// <summary>Draws a trace into a temporary file that is gone when the trace is disposed.</summary>
    /// <param name="options">What it shall look like.</param>
    /// <param name="cancellation">Ends the drawing early; nothing is left then.</param>
    /// <exception cref="InputException">An option is out of range, or the temporary file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static RoutingTrace Open(TraceSynthesisOptions options, CancellationToken cancellation = default)
    {
        var file = Path.Combine(Path.GetTempPath(), $"moeplace-{Guid.NewGuid():N}.safetensors");
        Write(file, options, cancellation);
        return RoutingTrace.OpenTemporary(file, "synthetic routing");
    }

    private static TraceHeader Header(TraceSynthesisOptions options) => new(
        options.Model,
        TraceOrigin.Synthetic,
        Text($"drawn: affinity {options.Affinity}, Zipf exponent {options.ZipfExponent}, seed {options.Seed}"),
        "",
        ChoiceOrder.ByWeight,
        options.Domains == 1 ? [] : [.. Enumerable.Range(0, options.Domains).Select(d => Text($"synthetic {d}"))]);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static TraceRows Rows(int count, TraceSynthesisOptions options)
    {
        var choices = count * options.Model.Layers * options.Model.TopK;
        return new TraceRows(
            new ushort[choices],
            new int[count],
            new int[count],
            options.GateWeights ? new Half[choices] : null,
            Domain: options.Domains > 1 ? new byte[count] : null);
    }

    private static long Length(int sequence, TraceSynthesisOptions options) =>
        options.Tokens / options.Sequences + (sequence < options.Tokens % options.Sequences ? 1 : 0);
}
