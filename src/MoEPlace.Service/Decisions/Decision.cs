using System.Collections.Immutable;
using System.Text.Json;
using MoEPlace.Results;

namespace MoEPlace.Service.Decisions;

/// <summary>What was decided, and why. A pure function of its input and window.</summary>
/// <param name="Format">Always <see cref="FormatName"/>.</param>
/// <param name="Job">The job.</param>
/// <param name="Number">That of its input.</param>
/// <param name="Verdict">Apply or keep.</param>
/// <param name="Reasons">Why, in words, every test that it was put to with its figures; the first decides.</param>
/// <param name="Placement">The plan: the content of a placement file; null where none better was found.</param>
/// <param name="Digest">Its digest; null without one.</param>
/// <param name="Before">What is in force, judged on the window.</param>
/// <param name="After">The plan, judged on the window; null without one.</param>
/// <param name="CrossingBefore">[layers - 1] share of tokens that cross ranks from layer to layer now; empty where it cannot be told.</param>
/// <param name="CrossingAfter">[layers - 1] the same under the plan.</param>
/// <param name="SimulatedBefore">Step that the simulator tells, in seconds; null where it was not asked.</param>
/// <param name="SimulatedAfter">The same under the plan.</param>
/// <param name="PromisedSeconds">Median decode step that is promised: the measured one x the ratio of the modelled ones, on the window or on what was held out of the search, whichever promises less; null where none was measured.</param>
/// <param name="MigrationBytes">Weights that would travel; null where the sizes of the model are unknown.</param>
/// <param name="MigrationSeconds">How long they would take by the links.</param>
/// <param name="GainSeconds">What the plan saves over the horizon at the promised gain, less the migration's cost; null where it cannot be told.</param>
/// <param name="Changes">What moves, in words, a line for each rank pair or summary; at most 50.</param>
/// <param name="Trigger">That of its input.</param>
/// <param name="From">Digest of what is in force.</param>
public sealed record Decision(
    string Format,
    string Job,
    int Number,
    Verdict Verdict,
    ImmutableArray<string> Reasons,
    JsonElement? Placement,
    string? Digest,
    PlacementMeasures Before,
    PlacementMeasures? After,
    ImmutableArray<double> CrossingBefore,
    ImmutableArray<double> CrossingAfter,
    double? SimulatedBefore,
    double? SimulatedAfter,
    double? PromisedSeconds,
    long? MigrationBytes,
    double? MigrationSeconds,
    double? GainSeconds,
    ImmutableArray<string> Changes,
    DecisionTrigger Trigger = DecisionTrigger.Asked,
    string? From = null)
{
    /// <summary>What it says that it is.</summary>
    public const string FormatName = "moeplace.decision/1";

    /// <summary>Equal when all values are, as their file tells them.</summary>
    public bool Equals(Decision? other) => other is not null && ToJson().AsSpan().SequenceEqual(other.ToJson());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Job, Number, Verdict, Digest);

    /// <summary>What its file holds, in UTF-8 on one line.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, StrictJson.OneLine);
}
