using System.Collections.Immutable;

namespace MoEPlace.Cli;

/// <summary>What a sweep came to: <c>moeplace.sweep/1</c>.</summary>
/// <param name="Format">Always <see cref="FormatName"/>.</param>
/// <param name="Scenario">The scenario's name.</param>
/// <param name="Title">One line for people.</param>
/// <param name="Parameters">The paths that were swept.</param>
/// <param name="Rows">By point, then variant.</param>
internal sealed record SweepTable(
    string Format, string Scenario, string Title, ImmutableArray<string> Parameters, ImmutableArray<SweepRow> Rows)
{
    /// <summary>What the file says that it is.</summary>
    public const string FormatName = "moeplace.sweep/1";
}
