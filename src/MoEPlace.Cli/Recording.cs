using MoEPlace.Placement;
using MoEPlace.Traces;
using MoEPlace.Traces.Journals;
using MoEPlace.Traces.Safetensors;

namespace MoEPlace.Cli;

/// <summary>What a verb is given to learn from: a trace, the journal of a run, or a load file.</summary>
internal sealed class Recording : IDisposable
{
    private readonly RoutingTrace? trace;
    private readonly LoadFile? load;

    private Recording(RoutingTrace? trace, LoadFile? load) => (this.trace, this.load) = (trace, load);

    /// <summary>The trace.</summary>
    /// <exception cref="InputException">It is a load file: it has no tokens.</exception>
    public RoutingTrace Trace => trace ?? throw new InputException(
        load!.Path, "format", LoadHeader.FormatName,
        $"{TraceHeader.FormatName}: this needs tokens, and a load file holds only how often each expert was chosen");

    /// <summary>The load file; only where there are no tokens.</summary>
    public LoadFile Load => load!;

    public bool HasTokens => trace is not null;

    public string Path => trace?.Path ?? load!.Path;

    public MoEModel Model => trace?.Model ?? load!.Model;

    public string Digest => trace?.Digest ?? load!.Digest;

    public string Source => trace?.Header.Source ?? load!.Header.Source;

    public string Origin => (trace?.Header.Origin ?? load!.Header.Origin) == TraceOrigin.Measured ? "measured" : "synthetic";

    /// <summary>Opens any kind.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="terminal">Where to note what a killed run left out.</param>
    /// <exception cref="InputException">It is none of them.</exception>
    public static Recording Open(string path, Terminal terminal)
    {
        if (JournalTrace.IsJournal(path))
        {
            var (trace, notes) = JournalTrace.Open(path);
            foreach (var note in notes)
                terminal.Error($"note: {path}: {note}");
            return new Recording(trace, null);
        }
        string? format;
        using (var file = SafetensorsFile.Open(path))
            format = file.Header.Metadata.GetValueOrDefault("format");
        return format == LoadHeader.FormatName ? new Recording(null, LoadFile.Open(path)) : new Recording(RoutingTrace.Open(path), null);
    }

    /// <summary>Checks that this can be asked of it.</summary>
    /// <param name="split">Which sequences.</param>
    /// <param name="tokens">Whether tokens are needed.</param>
    /// <returns>Itself.</returns>
    /// <exception cref="InputException">It is a load file: it has neither tokens nor sequences.</exception>
    public Recording Require(TraceSplit split, bool tokens)
    {
        if (tokens)
            _ = Trace;
        if (load is not null && split != TraceSplit.All)
            throw new InputException(load.Path, "--split", split.ToString().ToLowerInvariant(), "all: a load file has no sequences");
        return this;
    }

    /// <summary>The tokens of a split; null for a load file, which has no sequences to split.</summary>
    /// <param name="split">Which sequences.</param>
    /// <param name="decodeAlone">Whether tokens of prefill are left out.</param>
    /// <exception cref="InputException">No token is left, or a load file shall be split.</exception>
    public TraceSlice? Slice(TraceSplit split, bool decodeAlone = false)
    {
        Require(split, tokens: false);
        if (trace is null)
            return null;
        var slice = new TraceSlice(trace, split);
        return decodeAlone ? DecodeTokens.Of(slice) : slice;
    }

    /// <summary>Counts the tokens of a slice; of a load file (null) all.</summary>
    public RoutingCounts Count(TraceSlice? slice) => slice is null ? RoutingCounts.Of(load!) : RoutingCounts.Of(slice);

    /// <summary>Counts the tokens of a split.</summary>
    /// <exception cref="InputException">The split is empty, or a load file shall be split.</exception>
    public (RoutingCounts Counts, TraceSlice? Slice) Count(TraceSplit split)
    {
        var slice = Slice(split);
        return (Count(slice), slice);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        trace?.Dispose();
        load?.Dispose();
    }
}
