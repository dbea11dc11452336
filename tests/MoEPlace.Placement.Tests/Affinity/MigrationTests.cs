using System.Collections.Immutable;
using MoEPlace.Evaluation;
using MoEPlace.Placement.Affinity;
using MoEPlace.Placement.Policies;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Placement.Tests.Affinity;

public sealed class MigrationTests
{
    private static readonly ModelDimensions Dimensions = new(256, 512, 0, 0, 1000, 4, 4, 64, 64, 0, 0, 0, 2, 2, 2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 3)]
    [InlineData(3, 1)]
    [InlineData(2, 3)]
    public void No_budget_is_exceeded_and_more_of_it_is_never_worse(int nodes, int ranksPerNode)
    {
        for (var seed = 1; seed <= 2; seed++)
        {
            using var trace = TopOneTrace.Random(seed, 12, 4, 400);
            var problem = Problem(trace, nodes, ranksPerNode, seed);
            var last = double.PositiveInfinity;
            foreach (var moves in (int[])[0, 1, 5, 20])
            {
                var solution = AffinityPolicy.Place(problem with { MigrationBudgetBytes = moves * Dimensions.ExpertBytes }, null, Cancellation);
                var moved = PlacementCost.MigratedExperts(problem.Current!, solution.Placement);
                Assert.True(moved <= moves, $"seed {seed}: {moved} of {moves}");
                Assert.True(solution.Summary.Objective <= last, $"seed {seed}: {solution.Summary.Objective} with {moves} moves, {last} with fewer");
                if (moves == 0)
                    Assert.Equal(problem.Current, solution.Placement);
                last = solution.Summary.Objective;
                var curve = solution.MigrationCurve;
                Assert.Equal(curve.Select(p => p.Bytes).Order().Distinct(), curve.Select(p => p.Bytes));
                Assert.Equal(curve.Select(p => p.Objective).OrderDescending().Distinct(), curve.Select(p => p.Objective));
                Assert.Equal(new MigrationPoint(moved * Dimensions.ExpertBytes, solution.Summary.Objective), curve[^1]);
                Assert.Equal(CrossingCount.Objective(problem.Counts, RankOf(problem.Current!), problem.Cluster), curve[0].Objective);
            }
        }
    }

    [Fact]
    public void A_budget_without_end_gives_what_the_free_search_gives_under_other_names()
    {
        for (var seed = 1; seed <= 2; seed++)
        {
            using var trace = TopOneTrace.Random(seed, 12, 4, 400);
            var problem = Problem(trace, 2, 2, seed);
            var free = AffinityPolicy.Place(problem with { Current = null }, null, Cancellation);
            var unbounded = AffinityPolicy.Place(problem, null, Cancellation);
            var ample = AffinityPolicy.Place(problem with { MigrationBudgetBytes = long.MaxValue }, null, Cancellation);
            Assert.True(unbounded.Summary.Objective <= free.Summary.Objective, $"seed {seed}");
            Assert.Equal(unbounded.Placement, ample.Placement);
            Assert.True(PlacementCost.MigratedExperts(problem.Current!, unbounded.Placement) <= PlacementCost.MigratedExperts(problem.Current!, free.Placement));
        }
    }

    [Fact]
    public void Small_chains_come_to_the_best_that_so_many_moves_can_give()
    {
        var (best, all) = (0, 0);
        for (var seed = 1; seed <= 8; seed++)
        {
            using var trace = TopOneTrace.Random(seed, 6, 3, 300);
            var problem = Problem(trace, 1, 3, seed);
            var homeOf = RankOf(problem.Current!);
            var chain = ChainOf.Crossing(problem, LoadLimit.Of(problem).Most);
            var most = new long[homeOf.Length + 1];
            Array.Fill(most, long.MinValue);
            foreach (var division in RandomChain.Divisions(chain))
            {
                var moves = division.Zip(homeOf).Count(d => d.First != d.Second);
                most[moves] = Math.Max(most[moves], chain.KeptWeight(division));
            }
            foreach (var budget in (int[])[2, 5, 8])
            {
                var solution = AffinityPolicy.Place(problem with { MigrationBudgetBytes = budget * Dimensions.ExpertBytes }, null, Cancellation);
                var least = (chain.TotalWeight - most[..(budget + 1)].Max()) / (double)ChainOf.Unit;
                Assert.True(solution.Summary.Objective >= least, $"seed {seed}, {budget} moves: {solution.Summary.Objective}, at least {least}");
                Assert.True(solution.Summary.Objective <= 1.1 * least, $"seed {seed}, {budget} moves: {solution.Summary.Objective}, {least} is possible");
                (best, all) = (best + (solution.Summary.Objective == least ? 1 : 0), all + 1);
            }
        }
        Assert.True(best >= 0.8 * all, $"{best} of {all}");
    }

    [Fact]
    public void A_load_limit_that_the_budget_cannot_pay_for_is_named_and_no_layer_gets_worse()
    {
        for (var seed = 1; seed <= 2; seed++)
        {
            using var trace = TopOneTrace.Random(seed, 12, 4, 400);
            var problem = Problem(trace, 1, 4, seed) with { MaxImbalance = 1.15 };
            foreach (var moves in (int[])[0, 4, 48])
            {
                var solution = AffinityPolicy.Place(problem with { MigrationBudgetBytes = moves * Dimensions.ExpertBytes }, null, Cancellation);
                Assert.True(PlacementCost.MigratedExperts(problem.Current!, solution.Placement) <= moves);
                for (var layer = 0; layer < 4; layer++)
                {
                    var (now, then) = (Imbalance(problem, problem.Current!, layer), Imbalance(problem, solution.Placement, layer));
                    var allowed = solution.Summary.RelaxedLayers.Contains(layer) ? Math.Max(now, 1.15) : 1.15;
                    Assert.True(then <= allowed + 1e-9, $"seed {seed}, {moves} moves, layer {layer}: {then}, allowed {allowed}");
                }
            }
        }
    }

    [Fact]
    public void Experts_leave_a_drained_rank_and_a_budget_that_is_too_small_for_that_is_refused()
    {
        using var trace = TopOneTrace.Random(1, 12, 4, 400);
        var problem = Problem(trace, 2, 2, 1) with { SlotsOf = [4, 4, 0, 4] };
        var solution = AffinityPolicy.Place(problem with { MigrationBudgetBytes = 12 * Dimensions.ExpertBytes }, null, Cancellation);
        Assert.Equal(12, PlacementCost.MigratedExperts(problem.Current!, solution.Placement));
        for (var layer = 0; layer < 4; layer++)
            Assert.True(solution.Placement.ExpertsOn(new LayerId(layer), new RankId(2)).IsEmpty);
        var refused = Assert.Throws<InputException>(() => AffinityPolicy.Place(problem with { MigrationBudgetBytes = 11 * Dimensions.ExpertBytes }, null, Cancellation));
        Assert.Contains("12 experts", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Experts_that_stay_on_their_rank_stay_in_their_slot()
    {
        for (var seed = 1; seed <= 30; seed++)
        {
            using var trace = TopOneTrace.Random(seed, 12, 2, 20);
            var (current, next) = (Shuffled(Problem(trace, 1, 3, seed).Current!, seed), Problem(trace, 1, 3, seed + 100).Current!);
            var kept = KeptSlots.Of(next, current);
            for (var layer = 0; layer < 2; layer++)
            {
                for (var rank = 0; rank < 3; rank++)
                {
                    var now = current.ExpertsOn(new LayerId(layer), new RankId(rank)).ToArray();
                    var then = kept.ExpertsOn(new LayerId(layer), new RankId(rank)).ToArray();
                    Assert.Equal(next.ExpertsOn(new LayerId(layer), new RankId(rank)).ToArray(), then.Order());
                    Assert.All(now.Intersect(then), e => Assert.Equal(Array.IndexOf(now, e), Array.IndexOf(then, e)));
                }
            }
            Assert.Equal(current, KeptSlots.Of(current, current));
        }
    }

    private static ExpertPlacement Shuffled(ExpertPlacement placement, long seed)
    {
        var random = new SeedStream(seed, "slots");
        var slots = placement.ToSlots().Select(layer => layer.Select(rank =>
        {
            var order = rank.ToArray();
            random.Shuffle<int>(order);
            return order.ToImmutableArray();
        }).ToImmutableArray());
        return new ExpertPlacement(
            placement.Model, placement.HiddenLayers, placement.MoeLayerIds, placement.Experts, placement.Nodes, placement.RanksPerNode, [.. slots], placement.Provenance);
    }

    private static int[] RankOf(ExpertPlacement placement) =>
        [.. Enumerable.Range(0, placement.Layers * placement.Experts).Select(c => placement.RanksOf(new LayerId(c / placement.Experts), new ExpertId(c % placement.Experts))[0])];

    private static double Imbalance(PlacementProblem problem, ExpertPlacement placement, int layer)
    {
        var loads = new double[placement.Ranks];
        LoadImbalance.RankLoads(placement, new LayerId(layer), problem.Counts.Load(layer), loads);
        return loads.Max() / loads.Average();
    }

    private static PlacementProblem Problem(TopOneTrace trace, int nodes, int ranksPerNode, long seed)
    {
        var problem = PlacementProblem.Create(
            trace.Model with { Dimensions = Dimensions }, TopOneTrace.Cluster(nodes, ranksPerNode), trace.Counts,
            objective: PlacementObjective.Crossing, seed: seed, timeLimit: TimeSpan.FromMinutes(5), iterationLimit: 1);
        return problem with { WantsBound = false, Current = RandomPolicy.Place(problem).Placement };
    }
}
