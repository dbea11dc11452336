using System.Collections.Immutable;

namespace MoEPlace.Traces.Journals;

/// <summary>What a journal says of itself: what its trace will say, who writes it and which columns it has.</summary>
/// <param name="Trace">What the trace will say of itself.</param>
/// <param name="Ranks">Ranks that write, 1 to 1,024; each has a file of its own.</param>
/// <param name="Columns">The optional columns that every token has.</param>
public sealed record JournalHeader(TraceHeader Trace, int Ranks, TraceColumns Columns)
{
    /// <summary>What a journal says that it is, in its metadata and at the begin of every rank's file.</summary>
    public const string FormatName = "moeplace.journal/1";

    internal const int MostRanks = 1024;
    internal const int MostTopK = 4096;

    /// <summary>The metadata file of a journal.</summary>
    internal static string MetadataPath(string folder) => Path.Combine(folder, "journal.json");

    /// <summary>What one rank writes.</summary>
    internal static string RankPath(string folder, int rank) => Path.Combine(folder, $"rank-{rank}.frames");

    /// <summary>Begins a journal: makes its folder and writes the metadata, whole or not at all.</summary>
    /// <exception cref="InputException">The header is not valid, a journal stands there, or the folder cannot be written.</exception>
    internal void Write(string folder)
    {
        var faults = new InputFaults(folder);
        Check(faults);
        faults.Require(
            !Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any(), "journal", folder,
            "a folder that is new or empty; what a killed run left there can be read: trace import --from journal");
        faults.ThrowIfAny();
        ImmutableArray<TraceColumns> columns = [.. Enum.GetValues<TraceColumns>().Where(c => c != TraceColumns.None && Columns.HasFlag(c))];
        var stored = new Stored(FormatName, Ranks, columns, Trace.ToMetadata());
        OutputFile.WriteText(MetadataPath(folder), System.Text.Json.JsonSerializer.Serialize(stored, StrictJson.Options));
    }

    /// <summary>Reads the metadata of a journal.</summary>
    /// <exception cref="InputException">It is missing, of another version, or not valid.</exception>
    internal static JournalHeader Read(string folder)
    {
        var path = MetadataPath(folder);
        var stored = StrictJson.Read<Stored>(path, FormatName);
        var faults = new InputFaults(path);
        faults.Require(stored.Format == FormatName, "format", stored.Format, $"\"{FormatName}\"");
        faults.ThrowIfAny();
        var columns = stored.Columns.Aggregate(TraceColumns.None, (all, column) => all | column);
        var header = new JournalHeader(TraceHeader.FromMetadata(stored.Trace, path), stored.Ranks, columns);
        header.Check(faults);
        faults.ThrowIfAny();
        return header;
    }

    private void Check(InputFaults faults)
    {
        faults.Require(Ranks is >= 1 and <= MostRanks, "ranks", Ranks, $"1 to {MostRanks}");
        faults.Require(Trace.Model.TopK <= MostTopK, "model.topK", Trace.Model.TopK, $"at most {MostTopK} in a journal");
        Trace.Model.Check(faults, "model.");
    }

    private sealed record Stored(
        string Format, int Ranks, ImmutableArray<TraceColumns> Columns, ImmutableSortedDictionary<string, string> Trace);
}
