using System.Collections.Immutable;
using System.Text.Json;

namespace MoEPlace.Cli;

/// <summary>A variant at a point of a sweep.</summary>
/// <param name="Point">From 0.</param>
/// <param name="Values">What the point sets, by path.</param>
/// <param name="Variant">The variant's name.</param>
/// <param name="Measures">By name: see <see cref="Results.SimulationMeasure"/>.</param>
internal sealed record SweepRow(
    int Point, ImmutableSortedDictionary<string, JsonElement> Values, string Variant, ImmutableSortedDictionary<string, double> Measures);
