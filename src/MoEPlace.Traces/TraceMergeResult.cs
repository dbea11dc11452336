using System.Collections.Immutable;

namespace MoEPlace.Traces;

/// <summary>What a merge wrote.</summary>
/// <param name="Path">The file.</param>
/// <param name="Header">What it says of itself.</param>
/// <param name="Tokens">Rows.</param>
/// <param name="Sequences">Largest sequence number + 1.</param>
/// <param name="Kept">Optional columns that all traces have.</param>
/// <param name="Dropped">Optional columns that only some have.</param>
public sealed record TraceMergeResult(string Path, TraceHeader Header, long Tokens, long Sequences, TraceColumns Kept, TraceColumns Dropped)
{
    /// <summary>What a person should know of the inputs: what journals of killed runs lack.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>Names of the dropped columns, for people.</summary>
    public ImmutableArray<string> DroppedNames =>
        [.. Enum.GetValues<TraceColumns>().Where(c => c != TraceColumns.None && Dropped.HasFlag(c)).Select(c => c.ToString())];
}
