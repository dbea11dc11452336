using System.Collections.Immutable;
using System.Text.Json;

namespace MoEPlace.Results;

/// <summary>What <c>place</c>, <c>evaluate</c> and <c>demo</c> write with <c>--result</c> and what <c>report</c> reads: <c>moeplace.result/1</c>.</summary>
/// <param name="Format">Always <see cref="FormatName"/>.</param>
/// <param name="Model">The name of the model.</param>
/// <param name="Origin">measured or synthetic, as the trace says.</param>
/// <param name="Source">Where the trace comes from.</param>
/// <param name="TraceDigest">SHA-256 of the trace.</param>
/// <param name="Split">The tokens that were judged: train, test or all.</param>
/// <param name="Residency">home or coherent.</param>
/// <param name="Cluster">The name of the cluster.</param>
/// <param name="Nodes">Nodes.</param>
/// <param name="RanksPerNode">Ranks on each node.</param>
/// <param name="Placements">What was judged, the baseline first.</param>
/// <param name="Affinity">The adjacent layers with the strongest affinity; null without top-1.</param>
/// <param name="Validation">Whether the gain holds on traffic that was not solved on; null when that was not tried.</param>
public sealed record ResultFile(
    string Format,
    string Model,
    string Origin,
    string Source,
    string TraceDigest,
    string Split,
    string Residency,
    string Cluster,
    int Nodes,
    int RanksPerNode,
    ImmutableArray<PlacementResult> Placements,
    LayerAffinity? Affinity,
    ValidationResult? Validation = null)
{
    /// <summary>What a result file says that it is.</summary>
    public const string FormatName = "moeplace.result/1";

    /// <summary>Reads a result.</summary>
    /// <exception cref="InputException">The file is not a valid result; every fault is told.</exception>
    public static ResultFile Read(string path)
    {
        var result = StrictJson.Read<ResultFile>(path, FormatName);
        var faults = new InputFaults(path);
        ResultCheck.Check(result, faults);
        faults.ThrowIfAny();
        return result;
    }

    /// <summary>Writes this result, whole or not at all.</summary>
    /// <exception cref="InputException">The path cannot be written.</exception>
    public void Write(string path) => OutputFile.Write(path, stream => JsonSerializer.Serialize(stream, this, StrictJson.Options));
}
