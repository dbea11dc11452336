using System.Collections.Immutable;
using MoEPlace.Results;

namespace MoEPlace.Service.Decisions;

/// <summary>The tests that a plan is put to, in order; the first that it fails decides.</summary>
/// <param name="input">What is decided on.</param>
internal sealed class DecisionTests(DecisionInput input)
{
    private readonly List<string> passed = [];
    private string? failed;

    /// <summary>Apply, unless a test failed.</summary>
    internal Verdict Verdict => failed is null ? Verdict.Apply : Verdict.Keep;

    /// <summary>The test that decided, then the others in the order in which they were made.</summary>
    internal ImmutableArray<string> Reasons(string summary) => [failed ?? summary, .. passed];

    /// <summary>Puts it to a test.</summary>
    /// <param name="holds">Whether it passes.</param>
    /// <param name="words">The test with its figures.</param>
    internal void Put(bool holds, string words)
    {
        if (holds)
            passed.Add("passed: " + words);
        else if (failed is null)
            failed = "not worth it or not allowed now: " + words;
        else
            passed.Add("failed too: " + words);
    }

    /// <summary>A step, or what is sent, is smaller by the least gain.</summary>
    /// <param name="before">Under what is in force.</param>
    /// <param name="after">Under the plan.</param>
    /// <param name="where">On which tokens.</param>
    internal void Gain(double before, double after, string where)
    {
        var gain = GainOf(before, after);
        Put(
            gain > 0 && gain >= input.Policy.LeastGain,
            $"{Cost(before)} before, {Cost(after)} after {where}: a gain of {InWords.Percent(gain)}, "
            + $"at least {InWords.Percent(input.Policy.LeastGain)} wanted");
    }

    /// <summary>What is gained over the horizon is more than the migration costs.</summary>
    internal void Horizon(double? gainSeconds, double? migrationSeconds)
    {
        if (gainSeconds is { } gain)
            Put(
                gain > 0,
                $"over {InWords.Seconds(input.Policy.HorizonSeconds)} it saves {InWords.Seconds(gain)} "
                + $"after {InWords.Seconds(migrationSeconds ?? 0)} of migration");
        else
            passed.Add("not told: what the migration costs, since the sizes of the model are unknown");
    }

    /// <summary>Enough tokens since the last apply; whoever asks need not wait.</summary>
    internal void Rest()
    {
        if (input.Trigger == DecisionTrigger.Drift && input.TokensSinceApply is { } tokens)
            Put(
                tokens >= input.Policy.RestTokens,
                $"{InWords.Count(tokens)} tokens since the last apply, {InWords.Count(input.Policy.RestTokens)} to rest");
    }

    /// <summary>Within the bytes that a plan may move.</summary>
    internal void Budget(long? bytes)
    {
        if (input.Policy.MigrationBudgetBytes is { } most && bytes is { } moved)
            Put(moved <= most, $"{InWords.Bytes(moved)} would travel, {InWords.Bytes(most)} may");
    }

    /// <summary>Within the limit of the busiest rank, or at least no worse than now.</summary>
    internal void Imbalance(PlacementMeasures before, PlacementMeasures after)
    {
        if (input.Policy.MaxImbalance is { } most)
            Put(
                after.ImbalanceMax <= Math.Max(most, before.ImbalanceMax) * (1 + 1e-9),
                $"the busiest rank has {InWords.Figure(after.ImbalanceMax)} times the mean ({InWords.Figure(before.ImbalanceMax)} now), "
                + $"{InWords.Figure(most)} may be");
    }

    /// <summary>The simulator agrees that a step is shorter.</summary>
    internal void Simulated(double before, double after) =>
        Put(after < before, $"simulated, a step takes {InWords.Seconds(before)} before and {InWords.Seconds(after)} after");

    /// <summary>The share that is gained; 0 where nothing was spent before.</summary>
    internal static double GainOf(double before, double after) => before > 0 ? 1 - after / before : 0;

    private string Cost(double cost) =>
        input.Model.Dimensions is null ? $"{InWords.Figure(cost)} weighed copies a token and layer" : InWords.Seconds(cost) + " a step";
}
