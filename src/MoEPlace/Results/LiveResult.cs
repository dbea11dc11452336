using System.Collections.Immutable;
using System.Text.Json;

namespace MoEPlace.Results;

/// <summary>A job that was watched while its traffic shifted: what <c>demo --live</c> writes as <c>story.json</c>, <c>moeplace.live/1</c>.</summary>
/// <param name="Format">Always <see cref="FormatName"/>.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Nodes">Nodes.</param>
/// <param name="RanksPerNode">Ranks on each.</param>
/// <param name="Links">What joins the nodes, in words.</param>
/// <param name="Traffic">What was served, in words.</param>
/// <param name="Outcome">How it ended: kept, returned, refused, failed, or watched where nothing was applied.</param>
/// <param name="Samples">Second by second.</param>
/// <param name="Events">What happened, in order.</param>
/// <param name="Periods">As it was placed for, after the shift, and after the apply, as far as it came.</param>
/// <param name="Reasons">Those of the decision that was applied, or of the last one; empty without one.</param>
/// <param name="Changes">What it moved, in words.</param>
public sealed record LiveResult(
    string Format,
    string Model,
    int Nodes,
    int RanksPerNode,
    string Links,
    string Traffic,
    string Outcome,
    ImmutableArray<LiveSample> Samples,
    ImmutableArray<LiveEvent> Events,
    ImmutableArray<LivePeriod> Periods,
    ImmutableArray<string> Reasons,
    ImmutableArray<string> Changes)
{
    /// <summary>What the file says that it is.</summary>
    public const string FormatName = "moeplace.live/1";

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <exception cref="InputException">The path cannot be written.</exception>
    public void Write(string path) => OutputFile.Write(path, stream => JsonSerializer.Serialize(stream, this, StrictJson.Options));
}
