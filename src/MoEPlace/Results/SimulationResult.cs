using System.Collections.Immutable;
using System.Text.Json;

namespace MoEPlace.Results;

/// <summary>What <c>simulate</c> writes with <c>--result</c>: <c>moeplace.simulation/1</c>.</summary>
/// <param name="Format">Always <see cref="FormatName"/>.</param>
/// <param name="Scenario">The scenario's name.</param>
/// <param name="Title">One line for people.</param>
/// <param name="Question">What it answers.</param>
/// <param name="Model">The name of the model.</param>
/// <param name="Origin">measured or synthetic: the routing.</param>
/// <param name="Source">Where the routing comes from.</param>
/// <param name="Phase">decode, prefill or training.</param>
/// <param name="Seed">Of everything random.</param>
/// <param name="Variants">The baseline first.</param>
/// <param name="Expectations">What the scenario expects.</param>
/// <param name="Published">Figures of papers beside ours; may be empty.</param>
/// <param name="Assumptions">What the scenario assumes, in words, one per line.</param>
public sealed record SimulationResult(
    string Format,
    string Scenario,
    string Title,
    string Question,
    string Model,
    string Origin,
    string Source,
    string Phase,
    long Seed,
    ImmutableArray<SimulatedVariant> Variants,
    ImmutableArray<ExpectationOutcome> Expectations,
    ImmutableArray<PublishedFigure> Published,
    ImmutableArray<string> Assumptions)
{
    /// <summary>What the file says that it is.</summary>
    public const string FormatName = "moeplace.simulation/1";

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">It is not a valid one; every fault is told.</exception>
    public static SimulationResult Read(string path)
    {
        var result = StrictJson.Read<SimulationResult>(path, FormatName);
        var faults = new InputFaults(path);
        SimulationCheck.Check(result, faults);
        faults.ThrowIfAny();
        return result;
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <exception cref="InputException">The path cannot be written.</exception>
    public void Write(string path) => OutputFile.Write(path, stream => JsonSerializer.Serialize(stream, this, StrictJson.Options));
}
