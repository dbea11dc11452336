using System.Collections.Immutable;
using System.Text.Json;

namespace MoEPlace.Results;

/// <summary>Measured steps beside simulated ones: what <c>reality</c> writes with <c>--result</c>, <c>moeplace.reality/1</c>.</summary>
/// <param name="Format">Always <see cref="FormatName"/>.</param>
/// <param name="Machine">Processor, cores, program.</param>
/// <param name="Model">The name of the model that ran.</param>
/// <param name="Nodes">Nodes.</param>
/// <param name="RanksPerNode">Ranks on each.</param>
/// <param name="Emulated">How nodes were made, in words; null where they are real or there is one.</param>
/// <param name="Source">Where the text comes from that ran.</param>
/// <param name="Links">The link speeds.</param>
/// <param name="Settings">Every link, batch and placement.</param>
/// <param name="Migration">Steps while experts moved; null where that was not tried.</param>
public sealed record RealityResult(
    string Format,
    string Machine,
    string Model,
    int Nodes,
    int RanksPerNode,
    string? Emulated,
    string Source,
    ImmutableArray<RealityLink> Links,
    ImmutableArray<RealitySetting> Settings,
    RealityMigration? Migration)
{
    /// <summary>What the file says that it is.</summary>
    public const string FormatName = "moeplace.reality/1";

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <exception cref="InputException">The path cannot be written.</exception>
    public void Write(string path) => OutputFile.Write(path, stream => JsonSerializer.Serialize(stream, this, StrictJson.Options));
}
