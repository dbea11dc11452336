using MoEPlace.Evaluation;
using MoEPlace.Simulation.Work;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>Checks that the parts of one variant's setting fit each other.</summary>
internal static class SettingCheck
{
    /// <summary>
    /// The most ranks, layers x ranks, layers x experts, tokens of a synthetic trace, its choices, and choices of all steps that are
    /// simulated.
    /// </summary>
    private const long MostRanks = 8_192, MostCells = 1 << 20, MostExperts = 1 << 22, MostDrawn = 1 << 22, MostChoices = 1L << 28,
        MostWork = 1L << 32;

    /// <summary>Notes everything that keeps a variant from being run.</summary>
    /// <param name="variant">Model and cluster are valid by themselves.</param>
    /// <param name="traced">What its trace tells; null without.</param>
    /// <param name="field">The key path of a part of the setting.</param>
    /// <param name="faults">Where to note it.</param>
    internal static void Check(ScenarioVariant variant, TraceLookup.TraceFacts? traced, Func<string, string> field, InputFaults faults)
    {
        var (model, cluster) = (variant.Model, variant.Cluster);
        faults.Require(model.Dimensions is not null, field("model") + ".dimensions", null,
            "sizes, from which bytes and seconds follow; for example a model as base");
        var sized = faults.Require(cluster.Ranks <= MostRanks, field("cluster") + ".nodes", cluster.Nodes, $"at most {MostRanks} ranks")
            & faults.Require(
                (long)model.Layers * cluster.Ranks <= MostCells, field("cluster"), cluster.Name, $"layers x ranks of at most {MostCells}")
            & faults.Require((long)model.Layers * model.Experts <= MostExperts, field("model") + ".experts", model.Experts,
                $"layers x experts of at most {MostExperts}");
        CheckRouting(variant, traced, field, faults);
        variant.Schedule.Check(faults, field("schedule") + ".");
        StepSetting.CheckSchedule(
            faults, variant.Schedule, field("schedule") + ".", variant.Work.Phase, field("work") + ".phase", cluster.Device,
            traced?.HasTopOne ?? true,
            traced?.Path ?? "");
        StepSetting.CheckCalibration(
            faults, cluster.Calibration, field("cluster") + ".calibration.", traced?.Model.Name ?? model.Name, variant.Schedule,
            field("schedule") + ".", variant.Work.Phase, field("work") + ".phase");
        var left = variant.LostRanks;
        var lost = faults.Require(
            left.Length < cluster.Ranks && left.Distinct().Count() == left.Length && left.All(r => r >= 0 && r < cluster.Ranks),
            field("lostRanks"), string.Join(", ", left), $"ranks 0 to {cluster.Ranks - 1}, each once, and at least one left");
        var worked = CheckWork(variant, field("work"), faults);
        if (sized && lost && worked && model.Dimensions is not null)
            PlacementChoiceCheck.Check(variant, field, faults);
    }

    /// <summary>Notes what is wrong whatever the cluster, where that is faulty itself, so that it is told along.</summary>
    /// <param name="model">Null where it is faulty.</param>
    /// <param name="traced">What its trace tells; null without.</param>
    /// <param name="work">Tokens and steps.</param>
    /// <param name="schedule">Of the variant.</param>
    /// <param name="field">The key path of a part of the setting.</param>
    /// <param name="faults">Where to note it.</param>
    internal static void CheckAlone(
        MoEModel? model, TraceLookup.TraceFacts? traced, WorkChoice work, Schedules.Schedule schedule, Func<string, string> field,
        InputFaults faults)
    {
        schedule.Check(faults, field("schedule") + ".");
        CheckRanges(work, field("work"), faults);
        if (model is not null && traced is not null)
            CheckShape(model, traced, field, faults);
    }

    private static void CheckShape(MoEModel model, TraceLookup.TraceFacts traced, Func<string, string> field, InputFaults faults)
    {
        var named = $"as in {traced.Path}";
        faults.Require(model.Layers == traced.Model.Layers, field("model") + ".layers", model.Layers, $"{traced.Model.Layers}, {named}");
        faults.Require(
            model.Experts == traced.Model.Experts, field("model") + ".experts", model.Experts, $"{traced.Model.Experts}, {named}");
        faults.Require(model.TopK == traced.Model.TopK, field("model") + ".topK", model.TopK, $"{traced.Model.TopK}, {named}");
    }

    private static void CheckRouting(
        ScenarioVariant variant, TraceLookup.TraceFacts? traced, Func<string, string> field, InputFaults faults)
    {
        var (routing, model, at) = (variant.Routing, variant.Model, field("routing"));
        faults.Require(routing.Trace is null != routing.Synthetic is null, at, routing.Trace is null ? "neither" : "both",
            "either a trace or synthetic");
        RoutingSlices.CheckPhase(routing, at, faults);
        if (traced is not null)
        {
            CheckShape(model, traced, field, faults);
            if (routing.RecordedHomes && traced.HighestHome is var (row, home) && home >= variant.Cluster.Ranks)
                faults.AddRange(RoutedTokens.Homeless(traced.Path, row, home, variant.Cluster.Ranks).Faults);
        }
        if (routing.Synthetic is not { } drawn)
            return;
        at += ".synthetic";
        faults.Require(drawn.Tokens is >= 1 and <= (int)MostDrawn, at + ".tokens", drawn.Tokens, $"1 to {MostDrawn}");
        faults.Require(
            (long)drawn.Tokens * model.Layers * model.TopK <= MostChoices, at + ".tokens", drawn.Tokens,
            $"tokens x layers x top-k of at most {MostChoices}");
        var least = variant.Placement.Split == TraceSplit.Train || routing.Split == TraceSplit.Train ? 2 : 1;
        faults.Require(
            drawn.Sequences >= least && drawn.Sequences <= Math.Max(least, drawn.Tokens), at + ".sequences", drawn.Sequences,
            $"{least} to tokens, so that every split has some");
        faults.Require(drawn.Affinity is >= 0 and <= 1, at + ".affinity", drawn.Affinity, "0 to 1");
        faults.Require(drawn.ZipfExponent is >= 0 and <= 10, at + ".zipfExponent", drawn.ZipfExponent, "0 to 10");
        faults.Require(routing.Phase is null && routing.Domain is null, at, routing.Phase ?? routing.Domain,
            "no phase and no domain: synthetic routing has none");
    }

    private static bool CheckWork(ScenarioVariant variant, string field, InputFaults faults)
    {
        var work = variant.Work;
        var sound = CheckRanges(work, field, faults);
        var tokens = work.Tokens(variant.RanksLeft);
        sound = sound && faults.Require(
            tokens is >= 1 and <= EvaluationOptions.MostTokens, TokensKey(work, field), work.TokensPerStep ?? work.TokensPerRank,
            "1 to 16,777,216 tokens over all ranks");
        return sound && faults.Require(
            tokens * work.Steps * variant.Model.Layers * variant.Model.TopK <= MostWork, field + ".steps", work.Steps,
            $"tokens x steps x layers x top-k of at most {MostWork}");
    }

    private static bool CheckRanges(WorkChoice work, string field, InputFaults faults)
    {
        var sound = faults.Require(
            work.TokensPerRank is null != work.TokensPerStep is null, field, work.TokensPerRank is null ? "neither" : "both",
            "either tokensPerRank or tokensPerStep");
        sound = sound && faults.Require(
            (work.TokensPerStep ?? work.TokensPerRank) is >= 1 and <= EvaluationOptions.MostTokens, TokensKey(work, field),
            work.TokensPerStep ?? work.TokensPerRank, "1 to 16,777,216 tokens over all ranks");
        sound &= faults.Require(work.ContextTokens is >= 1 and <= EvaluationOptions.MostTokens, field + ".contextTokens",
            work.ContextTokens, "1 to 16,777,216");
        return sound & faults.Require(work.Steps is >= 1 and <= 1_000, field + ".steps", work.Steps, "1 to 1,000");
    }

    private static string TokensKey(WorkChoice work, string field) =>
        field + (work.TokensPerStep is null ? ".tokensPerRank" : ".tokensPerStep");
}
