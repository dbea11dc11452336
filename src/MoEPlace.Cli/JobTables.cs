using System.Globalization;
using System.Text.Json;
using MoEPlace.Results;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Decisions;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.State;

namespace MoEPlace.Cli;

/// <summary>Jobs, decisions and applies of a placement service as a person reads them on a terminal.</summary>
internal static class JobTables
{
    /// <summary>The columns of <see cref="Row"/>.</summary>
    public static IReadOnlyList<string> Columns { get; } =
        ["job", "state", "epoch", "tokens/s", "drift", "crossing", "imbalance", "step", "decision", "apply"];

    /// <summary>One job among several: a line.</summary>
    public static IReadOnlyList<string> Row(JobView view) =>
    [
        view.Name, State(view), MeasureTable.Count(view.Epoch), MeasureTable.Count((long)view.TokensPerSecond), Drift(view),
        MeasureTable.Share(view.GpuCrossing),
        MeasureTable.Number(view.Imbalance), MeasureTable.Seconds(view.StepSeconds), view.Decision == 0 ? "none" : MeasureTable.Count(view.Decision),
        view.Apply is { } apply ? Name(apply.Phase) : "none",
    ];

    /// <summary>One job: a fact per line.</summary>
    public static IEnumerable<IReadOnlyList<string>> Facts(JobView view)
    {
        yield return ["state", State(view)];
        yield return ["engine", Name(view.Engine)];
        yield return ["layers x experts, top-k", $"{view.Layers} x {view.Experts}, top-{view.TopK}"];
        yield return ["nodes x ranks", $"{view.Nodes} x {view.RanksPerNode} ({view.Cluster})"];
        yield return ["applies", Name(view.Policy.Mode)];
        yield return ["epoch", MeasureTable.Count(view.Epoch)];
        yield return ["placement in force", view.Placement];
        var perSecond = MeasureTable.Count((long)view.TokensPerSecond);
        yield return ["tokens", $"{MeasureTable.Count(view.Tokens)}, {perSecond} per second, {MeasureTable.Count(view.Dropped)} not sent"];
        yield return ["drift", Drift(view)];
        yield return ["GPU crossing", MeasureTable.Share(view.GpuCrossing)];
        yield return ["node crossing", MeasureTable.Share(view.NodeCrossing)];
        yield return ["imbalance, mean", MeasureTable.Number(view.Imbalance)];
        yield return ["decode step", MeasureTable.Seconds(view.StepSeconds)];
        if (view.PromisedSeconds is { } promised)
            yield return ["promised step", MeasureTable.Seconds(promised)];
        yield return ["last decision", view.Decision == 0 ? "none" : MeasureTable.Count(view.Decision)];
        if (view.Apply is { } apply)
            yield return ["last apply", $"{apply.Number}: {Name(apply.Phase)}: {apply.Reason}"];
    }

    /// <summary>A decision: a fact per line.</summary>
    public static IEnumerable<IReadOnlyList<string>> Facts(DecisionRow row)
    {
        var decision = row.Decision;
        yield return ["verdict", Name(decision.Verdict)];
        foreach (var (i, reason) in decision.Reasons.Index())
            yield return [i == 0 ? "because" : "", reason];
        yield return ["GPU crossing", Change(decision, measures => MeasureTable.Share(measures.GpuCrossingFraction))];
        yield return ["imbalance, mean", Change(decision, measures => MeasureTable.Number(measures.ImbalanceMean))];
        yield return ["modelled step", Change(decision, measures => MeasureTable.Seconds(measures.StepSeconds))];
        if (decision.SimulatedBefore is { } simulated)
            yield return ["simulated step", $"{MeasureTable.Seconds(simulated)} -> {MeasureTable.Seconds(decision.SimulatedAfter)}"];
        if (decision.PromisedSeconds is { } promised)
            yield return ["promised step", MeasureTable.Seconds(promised)];
        if (decision.MigrationBytes is { } bytes)
            yield return ["migration", $"{MeasureTable.Bytes(bytes)}, {MeasureTable.Seconds(decision.MigrationSeconds)}"];
        foreach (var (i, change) in decision.Changes.Index())
            yield return [i == 0 ? "changes" : "", change];
    }

    /// <summary>An apply: a fact per line.</summary>
    public static IEnumerable<IReadOnlyList<string>> Facts(Apply apply)
    {
        yield return ["phase", Name(apply.Phase)];
        yield return ["because", apply.Reason];
        yield return ["asked by", apply.By];
        yield return ["of decision", apply.Decision == 0 ? "none: a roll back" : MeasureTable.Count(apply.Decision)];
        yield return ["from", apply.From];
        yield return ["to", apply.To];
        yield return ["in force", $"{apply.InForce}, epoch {apply.Epoch}"];
        yield return ["attempt", MeasureTable.Count(apply.Attempt)];
        var (before, promised, after) =
            (MeasureTable.Seconds(apply.SecondsBefore), MeasureTable.Seconds(apply.SecondsPromised), MeasureTable.Seconds(apply.SecondsAfter));
        yield return ["decode step", $"{before} before, {promised} promised, {after} after"];
        if (apply.CanaryDifference is { } canary)
            yield return ["canary logits differ by", canary.ToString("G3", CultureInfo.InvariantCulture)];
    }

    /// <summary>How a value is called in files and on the wire.</summary>
    public static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    private static string State(JobView view) =>
        view.Ended ? "ended"
        : !view.Online ? "silent"
        : view.Apply is { IsOver: false } apply ? Name(apply.Phase)
        : view.Planning ? "planning" : "serving";

    private static string Drift(JobView view) => FormattableString.Invariant(
        $"{Math.Max(view.Drift.Load, view.Drift.Affinity):F2}{(view.Drift.Alarm ? " (alarm)" : "")}");

    private static string Change(Decision decision, Func<PlacementMeasures, string> show) =>
        decision.After is { } after ? $"{show(decision.Before)} -> {show(after)}" : show(decision.Before);
}
