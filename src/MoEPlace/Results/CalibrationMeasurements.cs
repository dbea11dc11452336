using System.Collections.Immutable;
using System.Text.Json;

namespace MoEPlace.Results;

/// <summary>What <c>calibrate</c> measured, before anything is fitted: <c>moeplace.calibration/1</c>.</summary>
/// <param name="Format">Always <see cref="FormatName"/>.</param>
/// <param name="Machine">Processor, cores, program.</param>
/// <param name="Model">The name of the model whose phases were run.</param>
/// <param name="ElementType">Of weights and activations.</param>
/// <param name="Nodes">Nodes.</param>
/// <param name="RanksPerNode">Ranks on each.</param>
/// <param name="CoresPerNode">Cores that the ranks of a node share; null where each rank has a device of its own.</param>
/// <param name="Attention">Attention and gate of one layer.</param>
/// <param name="Experts">Routed experts of one layer.</param>
/// <param name="Step">A step without its layers.</param>
/// <param name="Exchanges">Dispatches and combines.</param>
public sealed record CalibrationMeasurements(
    string Format,
    string Machine,
    string Model,
    string ElementType,
    int Nodes,
    int RanksPerNode,
    int? CoresPerNode,
    ImmutableArray<MeasuredTokens> Attention,
    ImmutableArray<MeasuredExperts> Experts,
    ImmutableArray<MeasuredTokens> Step,
    ImmutableArray<MeasuredExchange> Exchanges)
{
    /// <summary>What the file says that it is.</summary>
    public const string FormatName = "moeplace.calibration/1";

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <exception cref="InputException">The path cannot be written.</exception>
    public void Write(string path) => OutputFile.Write(path, stream => JsonSerializer.Serialize(stream, this, StrictJson.Options));
}
