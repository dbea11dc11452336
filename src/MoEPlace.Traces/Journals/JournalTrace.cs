using System.Collections.Immutable;
using System.Globalization;
using MoEPlace.Traces.Importers;

namespace MoEPlace.Traces.Journals;

/// <summary>Makes a trace of a journal: of one that came to its end, or of what a killed run left.</summary>
public static class JournalTrace
{
    /// <summary>True when this path is to be read as a journal: it is a folder.</summary>
    public static bool IsJournal(string path) => Directory.Exists(path);

    /// <summary>
    /// Writes the trace of a journal: every token of which all layers were recorded by the ranks, up to the first that is not complete.
    /// Memory is that of a step. The journal is left as it is.
    /// </summary>
    /// <param name="folder">The journal.</param>
    /// <param name="output">The trace to write; nothing stands there when it fails.</param>
    /// <returns>What was written; what was left out is in its notes.</returns>
    /// <exception cref="InputException">The journal is damaged, contradicts itself, or holds no complete token.</exception>
    public static ImportResult Write(string folder, string output)
    {
        long tokens = 0;
        var sequences = new HashSet<int>();
        ImmutableArray<string> notes;
        JournalHeader header;
        using (var merge = new JournalMerge(folder))
        {
            merge.Run(window =>
            {
                tokens += window.Complete;
                foreach (var sequence in window.Sequences)
                    sequences.Add(sequence);
            });
            (header, notes) = (merge.Header, Notes(merge));
        }
        if (tokens == 0)
            throw new InputException(folder, "tokens", 0, $"at least one token of which every layer was recorded{(notes.IsEmpty ? "" : $" ({notes[0]})")}");
        using var writer = new RoutingTraceWriter(output, header.Trace, tokens, header.Columns);
        using (var merge = new JournalMerge(folder))
        {
            // A run that goes on meanwhile may have recorded more by now.
            var left = tokens;
            merge.Run(window =>
            {
                var count = (int)Math.Min(window.Complete, left);
                if (count > 0)
                    writer.Append(window.Take(count));
                left -= count;
            });
        }
        writer.Complete();
        return new ImportResult(
            output, TraceHeader.FormatName, header.Trace.Model, tokens, sequences.Count, 0, header.Columns, header.Trace.Domains, notes);
    }

    /// <summary>Opens a journal like a trace, by way of a temporary file that is gone when the trace is disposed.</summary>
    /// <param name="folder">The journal, by which the trace calls itself.</param>
    /// <returns>The trace, and what a person should know of it.</returns>
    /// <exception cref="InputException">The journal is damaged, contradicts itself, or holds no complete token.</exception>
    public static (RoutingTrace Trace, ImmutableArray<string> Notes) Open(string folder) => Open(folder, Path.GetTempPath());

    /// <summary>The same with the temporary file in a place of choice.</summary>
    internal static (RoutingTrace Trace, ImmutableArray<string> Notes) Open(string folder, string temporary)
    {
        var file = Path.Combine(temporary, $"moeplace-{Guid.NewGuid():N}.safetensors");
        var notes = Write(folder, file).Notes;
        return (RoutingTrace.OpenTemporary(file, folder), notes);
    }

    private static ImmutableArray<string> Notes(JournalMerge merge)
    {
        var cut = string.Join(", ", merge.CutFiles);
        if (cut.Length == 0)
            return [];
        var dropped = merge.Dropped.ToString("N0", CultureInfo.InvariantCulture);
        return [$"the run did not come to its end; {dropped} tokens without all of their layers are left out; cut off: {cut}"];
    }
}
