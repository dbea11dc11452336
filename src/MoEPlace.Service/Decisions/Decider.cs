using System.Text.Json;
using MoEPlace.Evaluation;
using MoEPlace.Placement;
using MoEPlace.Results;
using MoEPlace.Simulation;
using MoEPlace.Simulation.Schedules;
using MoEPlace.Traces;

namespace MoEPlace.Service.Decisions;

/// <summary>Decides whether another placement is worth it. A pure function: the same input and window give the same decision on any machine.</summary>
public static class Decider
{
    private const int SimulatedSteps = 4;

    /// <summary>Decides.</summary>
    /// <param name="input">What it depends on.</param>
    /// <param name="window">The routing that it is decided on.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <exception cref="InputException">Input and window do not fit each other, or hold values out of their range; every fault is told.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static Decision Decide(DecisionInput input, RoutingTrace window, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(window);
        var current = input.Check(window);
        // Loads alone do not tell with which expert a hidden state would stay.
        var residency = window.HasTopOne ? input.Policy.Residency : Residency.Home;
        var conditions = new EvaluationOptions { Residency = residency, TokensPerStep = input.Policy.TokensPerStep };
        var all = new TraceSlice(window, TraceSplit.All);
        var before = PlacementCost.Evaluate(all, current, input.Cluster, conditions);
        var tests = new DecisionTests(input);
        var kept = new Decision(
            Decision.FormatName, input.Job, input.Number, Verdict.Keep, [], null, null, before.Measures, null, before.Detail.GpuCrossingByLayer, [], null,
            null, null, null, null, null, [], input.Trigger, current.Digest);
        var found = Best(input, current, conditions, window, tests, cancellation);
        cancellation.ThrowIfCancellationRequested();
        if (found is not { } plan)
            return kept with { Reasons = tests.Reasons("") };
        var after = PlacementCost.Evaluate(all, plan.Placement, input.Cluster, conditions, current);
        var diff = PlacementDiff.Between(current, plan.Placement, input.Model.Dimensions, input.Cluster);
        var (costBefore, costAfter) = (Cost(input, before.Measures), Cost(input, after.Measures));
        // Promised is no more than what holds on tokens that the plan has not seen.
        var share = Math.Min(DecisionTests.GainOf(costBefore, costAfter), DecisionTests.GainOf(plan.HeldOutBefore, plan.HeldOutAfter));
        var gain = GainSeconds(input, before.Measures.StepSeconds, share, diff);
        tests.Gain(costBefore, costAfter, "on the window");
        tests.Gain(plan.HeldOutBefore, plan.HeldOutAfter, "on sequences that the plan was not made from");
        tests.Horizon(gain, diff.Time?.Seconds);
        tests.Rest();
        tests.Budget(diff.Bytes);
        tests.Imbalance(before.Measures, after.Measures);
        var simulated = Simulate(input, all, current, plan.Placement, residency, tests, cancellation);
        return kept with
        {
            Verdict = tests.Verdict,
            Reasons = tests.Reasons(Summary(share, gain)),
            Placement = JsonSerializer.Deserialize<JsonElement>(ExpertPlacementFile.ToJson(plan.Placement)),
            Digest = plan.Placement.Digest,
            After = after.Measures,
            CrossingAfter = after.Detail.GpuCrossingByLayer,
            SimulatedBefore = simulated?.Before,
            SimulatedAfter = simulated?.After,
            PromisedSeconds = input.Model.Dimensions is null ? null : input.StepSeconds * (1 - share),
            MigrationBytes = diff.Bytes,
            MigrationSeconds = diff.Time?.Seconds,
            GainSeconds = gain,
            Changes = PlanChanges.Of(diff, current),
        };
    }

    /// <summary>The best plan of those that are better than what is in force on the tokens that are solved on; null with the reason noted.</summary>
    private static (ExpertPlacement Placement, double HeldOutBefore, double HeldOutAfter)? Best(
        DecisionInput input, ExpertPlacement current, EvaluationOptions conditions, RoutingTrace window, DecisionTests tests, CancellationToken cancellation)
    {
        try
        {
            var decoded = DecodeTokens.Alone(PlanSearch.ObjectiveOf(input.Model), conditions);
            var (train, test) = (Slice(TraceSplit.Train), Slice(TraceSplit.Test));
            var now = Judge(train, current);
            var (best, least) = ((ExpertPlacement?)null, double.PositiveInfinity);
            foreach (var plan in new PlanSearch(input, current, conditions).Candidates(train, cancellation))
            {
                var cost = Judge(train, plan);
                if (cost < now && cost + MigrationShare(input, current, plan, now) is var all && all < least)
                    (best, least) = (plan, all);
            }
            tests.Put(best is not null, best is null ? "no plan was found that is better than what is in force" : "a better plan was found");
            return best is null ? null : (best, Judge(test, current), Judge(test, best));

            TraceSlice Slice(TraceSplit split)
            {
                var slice = new TraceSlice(window, split);
                return decoded ? DecodeTokens.Of(slice) : slice;
            }
        }
        catch (Exception e) when (e is InputException or InfeasibleException)
        {
            var why = e is InputException bad ? string.Join("; ", bad.Faults.Select(fault => $"{fault.Field} = {fault.Value}, {fault.Allowed}")) : e.Message;
            tests.Put(false, "no plan can be made: " + why);
            return null;
        }

        double Judge(TraceSlice slice, ExpertPlacement placement) => Cost(input, PlacementCost.Evaluate(slice, placement, input.Cluster, conditions).Measures);
    }

    /// <summary>What is compared: the modelled step, or copies weighed as a search weighs them.</summary>
    private static double Cost(DecisionInput input, PlacementMeasures measures) => measures.StepSeconds
        ?? (measures.RankCopiesPerTokenLayer ?? 0) + input.Cluster.NodeCrossingWeight * (measures.NodeCopiesPerTokenLayer ?? 0);

    /// <summary>What a migration adds to each step of the horizon, in the unit of the cost.</summary>
    private static double MigrationShare(DecisionInput input, ExpertPlacement current, ExpertPlacement plan, double now)
    {
        var seconds = PlacementDiff.Between(current, plan, input.Model.Dimensions, input.Cluster).Time?.Seconds ?? 0;
        return now * seconds / input.Policy.HorizonSeconds;
    }

    /// <summary>
    /// Steps of the horizon that have the gain, those beside which weights travel left out, less the time for which the links carry weights.
    /// </summary>
    private static double? GainSeconds(DecisionInput input, double? modelled, double share, PlacementDiff diff)
    {
        if (modelled is null || diff.Bytes is not { } bytes || diff.Time is not { } time)
            return null;
        var step = input.StepSeconds ?? modelled.Value;
        var moving = Math.Ceiling((double)bytes / input.Policy.BytesPerStep);
        return (Math.Floor(input.Policy.HorizonSeconds / step) - moving) * step * share - time.Seconds;
    }

    private static (double Before, double After)? Simulate(
        DecisionInput input, TraceSlice all, ExpertPlacement current, ExpertPlacement plan, Residency residency, DecisionTests tests,
        CancellationToken cancellation)
    {
        if (!input.Simulate)
            return null;
        try
        {
            var (before, after) = (Step(current), Step(plan));
            tests.Simulated(before, after);
            return (before, after);
        }
        catch (Exception e) when (e is InputException or Simulation.Kernel.StoppedModelException)
        {
            tests.Put(false, "the simulator cannot tell: " + e.Message.ReplaceLineEndings(" "));
            return null;
        }

        double Step(ExpertPlacement placement)
        {
            var schedule = new Schedule { Residency = residency };
            var setting = new StepSetting(input.Cluster, placement, all, schedule) { TokensPerStep = input.Policy.TokensPerStep, Steps = SimulatedSteps };
            return StepSimulation.Run(setting, "step", "", placement.Provenance.Policy, cancellation).Measures[SimulationMeasure.StepSeconds];
        }
    }

    private static string Summary(double share, double? gain) =>
        $"worth it: {InWords.Percent(share)} less" + (gain is { } seconds ? $", {InWords.Seconds(seconds)} over the horizon with the migration paid" : "");
}
