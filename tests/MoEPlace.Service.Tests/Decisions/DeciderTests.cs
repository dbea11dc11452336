using System.Collections.Immutable;
using MoEPlace.Evaluation;
using MoEPlace.Service.Decisions;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Routing;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Service.Tests.Decisions;

/// <summary>Whether another placement is worth it.</summary>
public sealed class DeciderTests
{
    private static readonly LoopPolicy Quick = new(SearchIterations: 3_000);

    [Fact]
    public void A_plan_that_is_worth_it_is_told_with_all_its_figures()
    {
        using var folder = new TemporaryFolder();
        var input = MadeDecision.Input() with { Simulate = true };
        MadeDecision.Write(folder.File("window"), 1);
        using var trace = RoutingTrace.Open(folder.File("window"));
        var decision = Decider.Decide(input, trace, TestContext.Current.CancellationToken);
        Assert.True(decision.Verdict == Verdict.Apply, string.Join('\n', decision.Reasons));
        Assert.StartsWith("worth it: ", decision.Reasons[0], StringComparison.Ordinal);
        var plan = ExpertPlacementFile.Parse(decision.Placement!.Value.GetRawText(), "plan");
        Assert.Equal(plan.Digest, decision.Digest);
        var current = MadeDecision.Contiguous();
        var judged = PlacementCost.Evaluate(new TraceSlice(trace, TraceSplit.All), plan, MadeDecision.Cluster, new EvaluationOptions(), current);
        Assert.Equal(judged.Measures, decision.After);
        Assert.Equal(judged.Detail.GpuCrossingByLayer, decision.CrossingAfter);
        Assert.Equal(judged.Measures.MigrationBytes, decision.MigrationBytes);
        Assert.InRange(decision.PromisedSeconds!.Value, input.StepSeconds!.Value * decision.After!.StepSeconds!.Value / decision.Before.StepSeconds!.Value, input.StepSeconds.Value);
        Assert.True(decision.SimulatedAfter < decision.SimulatedBefore);
        Assert.InRange(decision.Changes.Length, 2, 50);
    }

    [Fact]
    public void Decides_the_same_again_at_any_number_of_threads()
    {
        var input = MadeDecision.Input();
        var first = Decide(input);
        var again = new Decision[3];
        Parallel.For(0, again.Length, i => again[i] = Decide(input));
        Assert.All(again, decision => Assert.Equal(first, decision));
        Assert.NotEqual(first, Decide(input with { Number = 2 }));
    }

    [Theory]
    [InlineData("least gain", "at least 90.0 % wanted")]
    [InlineData("horizon", "of migration")]
    [InlineData("rest", "100 tokens since the last apply, 8,192 to rest")]
    [InlineData("held out", "on sequences that the plan was not made from")]
    public void The_first_test_that_fails_decides_and_is_told_first(string test, string told)
    {
        var input = MadeDecision.Input() with { Trigger = DecisionTrigger.Drift };
        var decision = Decide(test switch
        {
            "least gain" => input with { Policy = Quick with { LeastGain = 0.9 } },
            "horizon" => input with { Policy = Quick with { HorizonSeconds = 0.2 } },
            "rest" => input with { TokensSinceApply = 100 },
            _ => input,
        }, test == "held out" ? WriteTorn : null);
        Assert.Equal(Verdict.Keep, decision.Verdict);
        Assert.StartsWith("not worth it", decision.Reasons[0], StringComparison.Ordinal);
        Assert.Contains(told, decision.Reasons[0], StringComparison.Ordinal);
        Assert.NotNull(decision.Placement);
    }

    [Fact]
    public void Who_asks_need_not_rest()
    {
        var decision = Decide(MadeDecision.Input() with { TokensSinceApply = 1 });
        Assert.True(decision.Verdict == Verdict.Apply, decision.Reasons[0]);
    }

    [Fact]
    public void Moves_no_more_than_the_budget_and_keeps_to_the_load_limit()
    {
        var each = MadeDecision.Model.Dimensions!.ExpertBytes;
        for (var experts = 0; experts <= 12; experts += 4)
        {
            var decision = Decide(MadeDecision.Input(Quick with { MigrationBudgetBytes = experts * each, MaxImbalance = 1.6 }));
            Assert.True((decision.MigrationBytes ?? 0) <= experts * each, $"{experts}: {decision.MigrationBytes}");
            Assert.True(decision.After is null || decision.After.ImbalanceMax <= Math.Max(1.6, decision.Before.ImbalanceMax), $"{experts}: {decision.After}");
        }
    }

    [Fact]
    public void Nothing_better_is_told_where_what_is_in_force_is_the_plan()
    {
        var input = MadeDecision.Input();
        var first = Decide(input);
        var decision = Decide(input with { Placement = first.Placement!.Value });
        Assert.Equal(Verdict.Keep, decision.Verdict);
        Assert.Null(decision.Placement);
        Assert.Contains("no plan was found", decision.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Of_counts_it_balances_loads_and_keeps_the_slots()
    {
        var slots = MadeDecision.Contiguous().ToSlots();
        var replicated = new ExpertPlacement(
            "made", 4, [0, 1, 2, 3], 8, 2, 2, [.. slots.Select(layer => layer.Select((experts, rank) => experts.Add((experts[1] + 1) % 8)).ToImmutableArray())],
            MadeDecision.Contiguous().Provenance);
        foreach (var current in new[] { MadeDecision.Contiguous(), replicated })
        {
            var decision = Decide(
                MadeDecision.Input(Quick with { LeastGain = 0 }) with { RoutingFromCounts = true, Placement = MadeDecision.Json(current), Policy = Quick with { Residency = Residency.Coherent } },
                path =>
                {
                    var window = new RoutingWindow(MadeDecision.Model, 2_000);
                    window.Add(2_000, [.. Enumerable.Range(0, 32).Select(cell => cell % 8 < 2 ? 1_500 : 166)]);
                    window.WriteTrace(path, "job", 1);
                });
            var plan = ExpertPlacementFile.Parse(decision.Placement!.Value.GetRawText(), "plan");
            Assert.All(Enumerable.Range(0, 4), layer => Assert.Equal(current.SlotCount(new LayerId(layer)), plan.SlotCount(new LayerId(layer))));
            Assert.True(decision.After!.ImbalanceMean < decision.Before.ImbalanceMean - 0.1, $"{decision.Before} {decision.After}");
            Assert.Empty(decision.CrossingAfter);
        }
    }

    [Fact]
    public void A_model_of_unknown_sizes_is_decided_by_what_it_sends()
    {
        var model = MadeDecision.Model with { Dimensions = null };
        var decision = Decide(MadeDecision.Input(model: model));
        Assert.True(decision is { PromisedSeconds: null, GainSeconds: null, MigrationBytes: null, Placement: not null }, decision.ToString());
        Assert.True(decision.After!.NodeCopiesPerTokenLayer < decision.Before.NodeCopiesPerTokenLayer);
    }

    [Fact]
    public void What_cannot_be_planned_is_kept_with_the_reason()
    {
        var decision = Decide(MadeDecision.Input(), path =>
        {
            var window = new RoutingWindow(MadeDecision.Model, 256);
            window.Add(new MadeRouting(1, MadeDecision.Model, 4).Next(1, 100, 0, 1));
            window.WriteTrace(path, "job", 1);
        });
        Assert.Equal((Verdict.Keep, null), (decision.Verdict, decision.Digest));
        Assert.Contains("no plan can be made", decision.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Names_everything_that_does_not_fit()
    {
        var input = MadeDecision.Input() with { Number = 0, Job = "No job", Epoch = -1, StepSeconds = 0, Policy = Quick with { HorizonSeconds = 0 } };
        var faults = Assert.Throws<InputException>(() => Decide(input)).Faults;
        Assert.Equal(["job", "number", "policy.horizonSeconds", "epoch", "stepSeconds"], faults.Select(fault => fault.Field));
    }

    [Fact]
    public void Can_be_given_up()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        using var folder = new TemporaryFolder();
        MadeDecision.Write(folder.File("window"));
        using var trace = RoutingTrace.Open(folder.File("window"));
        Assert.Throws<OperationCanceledException>(() => Decider.Decide(MadeDecision.Input(), trace, cancelled.Token));
    }

    private static void WriteTorn(string path)
    {
        var window = new RoutingWindow(MadeDecision.Model, 8_192);
        var seen = new MadeRouting(2, MadeDecision.Model, 4).Next(60, 40, 0, 1);
        // Every fifth sequence finds all its experts at home as they lie now.
        for (var row = 0; row < seen.Rows; row++)
            for (var choice = 0; seen.Sequence[row] % 5 == 0 && choice < 8; choice++)
                seen.Experts[row * 8 + choice] = (ushort)(2 * seen.Home[row] + choice % 2);
        window.Add(seen);
        window.WriteTrace(path, "job", 1);
    }

    private static Decision Decide(DecisionInput input, Action<string>? write = null)
    {
        using var folder = new TemporaryFolder();
        (write ?? (path => MadeDecision.Write(path, 1, input.Model)))(folder.File("window.safetensors"));
        using var trace = RoutingTrace.Open(folder.File("window.safetensors"));
        return Decider.Decide(input, trace, TestContext.Current.CancellationToken);
    }
}
