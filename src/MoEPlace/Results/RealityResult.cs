using System.Collections.Immutable;
using System.Text.Json;

namespace MoEPlace.Results;

/// <summary>Measured steps beside simulated ones: what <c>reality</c> writes as <c>result.json</c> in its folder, <c>moeplace.reality/1</c>.</summary>
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

    /// <summary>The error of a simulated step in the median of the settings, as a share; the mean of the two in the middle.</summary>
    public double MedianError()
    {
        double[] errors = [.. Settings.Select(setting => Math.Abs(setting.Error())).Order()];
        return (errors[(errors.Length - 1) / 2] + errors[errors.Length / 2]) / 2;
    }

    /// <summary>The largest error of a simulated step, as a share.</summary>
    public double LargestError() => Settings.Max(setting => Math.Abs(setting.Error()));

    /// <summary>An error as it is told: in percent, rounded up to a tenth, so that none is told smaller than it is.</summary>
    /// <param name="error">As a share, 0 or more.</param>
    public static double ToldPercent(double error) => Math.Ceiling(error * 1_000 - 1e-9) / 10;

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">It is not a valid one; every fault is told.</exception>
    public static RealityResult Read(string path)
    {
        var result = StrictJson.Read<RealityResult>(path, FormatName);
        var faults = new InputFaults(path);
        RealityCheck.Check(result, faults);
        faults.ThrowIfAny();
        return result;
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <exception cref="InputException">The path cannot be written.</exception>
    public void Write(string path) => OutputFile.Write(path, stream => JsonSerializer.Serialize(stream, this, StrictJson.Options));
}
