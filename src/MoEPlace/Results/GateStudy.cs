using System.Collections.Immutable;
using System.Text.Json;

namespace MoEPlace.Results;

/// <summary>How affinity grows while models with different gates are trained: <c>moeplace.gates/1</c>.</summary>
/// <param name="Format"><see cref="FormatName"/>.</param>
/// <param name="Model">The sizes of the model, for people.</param>
/// <param name="Cluster">The cluster that placements are for.</param>
/// <param name="Nodes">Nodes.</param>
/// <param name="RanksPerNode">Ranks of each.</param>
/// <param name="Domains">The texts.</param>
/// <param name="Curves">One for each gate, at least one.</param>
public sealed record GateStudy(
    string Format, string Model, string Cluster, int Nodes, int RanksPerNode, ImmutableArray<string> Domains,
    ImmutableArray<GateCurve> Curves)
{
    /// <summary>What the file says that it is.</summary>
    public const string FormatName = "moeplace.gates/1";

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">It is not one, or a curve has no point.</exception>
    public static GateStudy Read(string path)
    {
        var study = StrictJson.Read<GateStudy>(path, FormatName);
        var faults = new InputFaults(path);
        faults.Require(!study.Curves.IsDefaultOrEmpty, "curves", "[]", "at least one");
        foreach (var curve in study.Curves)
            faults.Require(!curve.Points.IsDefaultOrEmpty, curve.Gate, "no points", "at least one");
        faults.ThrowIfAny();
        return study;
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <exception cref="InputException">The path cannot be written.</exception>
    public void Write(string path) => OutputFile.Write(path, stream => JsonSerializer.Serialize(stream, this, StrictJson.Options));
}
