using MoEPlace.Evaluation;
using MoEPlace.Placement.Affinity;
using MoEPlace.Placement.Copies;
using MoEPlace.Placement.Policies;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Placement.Tests.Copies;

public sealed class CopySearchTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Residency.Home)]
    [InlineData(Residency.Coherent)]
    public void Finds_the_division_with_the_fewest_copies_of_small_problems(Residency residency)
    {
        var measure = residency == Residency.Home ? CopyMeasure.Home : CopyMeasure.Coherent;
        for (var seed = 1; seed <= 8; seed++)
        {
            using var given = new CopyCase(seed, redundant: 0, layers: measure == CopyMeasure.Home ? 3 : 2, nodes: 1);
            var (experts, ranks) = (given.Problem.Model.Experts, given.Problem.Cluster.Ranks);
            if (experts > 6)
                continue;
            var state = given.State(measure, CopyStart.Of(given.Problem));
            var divisions = Divisions(new int[experts], 0, ranks, experts / ranks).ToArray();
            var least = double.PositiveInfinity;
            if (measure == CopyMeasure.Home)
                least = Enumerable.Range(0, 3).Sum(layer => divisions.Min(division => Cost(state, layer, division)));
            else
                foreach (var division in divisions)
                {
                    state.Assign(0, [.. Enumerable.Range(0, experts)], division);
                    foreach (var second in divisions)
                    {
                        state.Assign(1, [.. Enumerable.Range(0, experts)], second);
                        least = Math.Min(least, state.Cost);
                    }
                }
            var found = AffinityPolicy.Place(given.For(measure) with { IterationLimit = 8 }, null, Cancellation).Summary.Objective;
            Assert.True(Math.Abs(found - least) <= 1e-6 * (1 + least), $"seed {seed}: {found} found, {least} is possible");
        }
    }

    [Fact]
    public void States_what_the_judge_counts_and_gives_the_same_placement_for_the_same_seed()
    {
        for (var seed = 1; seed <= 4; seed++)
            foreach (var measure in Enum.GetValues<CopyMeasure>())
                foreach (var even in new[] { true, false })
                {
                    using var given = new CopyCase(seed);
                    if (measure == CopyMeasure.Crossing && given.Redundant == 0)
                        continue;
                    var asked = given.For(measure);
                    var problem = asked with { Conditions = asked.Conditions with { Dispatch = even ? ReplicaChoice.Even : ReplicaChoice.Nearest } };
                    var (first, second) = (AffinityPolicy.Place(problem, null, Cancellation), AffinityPolicy.Place(problem, null, Cancellation));
                    Assert.Equal(first.Placement, second.Placement);
                    Assert.Equal(JudgedObjective.Of(problem, measure, first.Placement), first.Summary.Objective);
                    Assert.Equal(given.Redundant, first.Placement.SlotCount(new LayerId(0)) - given.Problem.Model.Experts);
                }
    }

    [Fact]
    public void Replicas_under_even_turns_hold_the_load_limit_in_every_layer_or_the_layer_is_named()
    {
        for (var seed = 1; seed <= 6; seed++)
        {
            using var given = new CopyCase(seed, redundant: seed % 3 == 0 ? 0 : null, plain: true);
            var problem = given.For(CopyMeasure.Coherent) with { MaxImbalance = 1.1 };
            var solution = AffinityPolicy.Place(problem, null, Cancellation);
            var loads = PlacementCost.Evaluate(problem.Slice!, solution.Placement, problem.Cluster, problem.Conditions).Detail.LoadByLayerAndRank;
            for (var layer = 0; layer < problem.Model.Layers; layer++)
                if (!solution.Summary.RelaxedLayers.Contains(layer))
                    Assert.True(loads[layer].Max() <= 1.1 * loads[layer].Average() + 1e-6, $"seed {seed}, layer {layer}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Replicas_are_copied_to_less_often_than_those_of_eplb(bool even)
    {
        using var given = new CopyCase(5, plain: true, tokens: 1000);
        var problem = given.For(CopyMeasure.Home) with { Conditions = new EvaluationOptions { Dispatch = even ? ReplicaChoice.Even : ReplicaChoice.Nearest }, MaxImbalance = 1.2 };
        Assert.True(problem.RedundantSlots > 0);
        var eplb = JudgedObjective.Of(problem, CopyMeasure.Home, EplbPolicy.Place(problem).Placement);
        Assert.True(AffinityPolicy.Place(problem, null, Cancellation).Summary.Objective < eplb);
    }

    [Fact]
    public void A_cancelled_search_returns_a_valid_placement_and_says_so()
    {
        using var given = new CopyCase(3);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var solution = AffinityPolicy.Place(given.For(CopyMeasure.Coherent) with { IterationLimit = long.MaxValue }, null, cancelled.Token);
        Assert.Equal(("interrupted", SolveStatus.Limit), (solution.Summary.StopReason, solution.Summary.Status));
    }

    private static double Cost(CopyState state, int layer, int[] division)
    {
        state.Assign(layer, [.. Enumerable.Range(0, division.Length)], division);
        return state.CountCost(layer);
    }

    private static IEnumerable<int[]> Divisions(int[] partOf, int item, int parts, int capacity)
    {
        if (item == partOf.Length)
        {
            yield return partOf.ToArray();
            yield break;
        }
        for (var part = 0; part < parts; part++)
        {
            if (partOf.Take(item).Count(p => p == part) == capacity)
                continue;
            partOf[item] = part;
            foreach (var division in Divisions(partOf, item + 1, parts, capacity))
                yield return division;
        }
    }
}
