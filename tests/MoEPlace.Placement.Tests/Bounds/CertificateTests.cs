using MoEPlace.Placement.Affinity;
using MoEPlace.Placement.Bounds;
using MoEPlace.Placement.Policies;
using Xunit;

namespace MoEPlace.Placement.Tests.Bounds;

public sealed class CertificateTests
{
    private const int Cases = 80;

    [Theory]
    [InlineData(PlacementObjective.Crossing)]
    [InlineData(PlacementObjective.Copies)]
    [InlineData(PlacementObjective.Step)]
    public void No_placement_beats_the_bound(PlacementObjective objective)
    {
        for (var seed = 0; seed < Cases; seed++)
        {
            using var given = new BoundCase(seed, objective);
            if (BruteForce.Least(given.Problem, given.Limits) is not { } least)
                continue;
            var bound = Certificate.Of(given.Problem, given.Limits, TimeSpan.FromHours(1), () => false, null);
            Assert.True(bound.Bound <= least * (1 + 1e-12), $"seed {seed}: bound {bound} above {least}");
            Assert.True(bound.Bound >= 0, $"seed {seed}");
        }
    }

    [Theory]
    [InlineData(PlacementObjective.Crossing)]
    [InlineData(PlacementObjective.Copies)]
    public void Enumeration_finds_what_trying_all_finds(PlacementObjective objective)
    {
        var solved = 0;
        for (var seed = 0; seed < Cases; seed++)
        {
            using var given = new BoundCase(seed, objective, holes: seed % 2 == 0);
            var exact = objective == PlacementObjective.Crossing
                ? ExactPlacement.Crossing(given.Problem, given.Limits, () => false)
                : ExactPlacement.Copies(given.Problem, given.Limits, () => false);
            if (BruteForce.Least(given.Problem, given.Limits) is not { } least)
            {
                Assert.Null(exact);
                continue;
            }
            if (exact is not { } found)
                continue;
            solved++;
            Assert.True(Math.Abs(found.Objective - least) <= 1e-9 * least, $"seed {seed}: {found.Objective} for {least}");
            Assert.True(Math.Abs(BruteForce.Objective(given.Problem, found.RankOf) - least) <= 1e-9 * least, $"seed {seed}: its placement");
        }
        Assert.True(solved > Cases / 3, $"{solved} solved");
    }

    [Theory]
    [InlineData(PlacementObjective.Crossing)]
    [InlineData(PlacementObjective.Copies)]
    public void Columns_stay_below_the_best_placement_and_are_never_worse_than_partners(PlacementObjective objective)
    {
        var (proven, best) = (0.0, 0.0);
        for (var seed = 0; seed < Cases; seed++)
        {
            using var given = new BoundCase(seed, objective);
            var problem = given.Problem with { Cluster = PlacementSamples.Cluster(1, given.Problem.Cluster.Ranks) };
            if (BruteForce.Least(problem, given.Limits) is not { } least)
                continue;
            var (partners, columns) = objective == PlacementObjective.Crossing
                ? Crossings(problem, given.Limits)
                : Copies(problem, given.Limits);
            Assert.True(partners <= columns && columns <= least, $"seed {seed}: {partners} <= {columns} <= {least}");
            (proven, best) = (proven + columns, best + least);
        }
        Assert.True(proven > 0.9 * best, $"{proven} proven of {best} in all");
    }

    [Fact]
    public void A_placement_with_replicas_does_not_beat_its_bound_either()
    {
        for (var seed = 0; seed < Cases; seed++)
        {
            using var given = new BoundCase(seed, (PlacementObjective)(seed % 3));
            var redundant = given.Problem.Cluster.Ranks;
            if (redundant > given.Problem.Model.Experts * (redundant - 1))
                continue;
            var (some, options) = (given.Problem, given.Problem.Conditions);
            var problem = PlacementProblem.Create(some.Model, some.Cluster, some.Counts, some.Slice, some.Objective, options, redundant);
            var placement = EplbPolicy.Place(problem).Placement;
            var measures = Evaluation.PlacementCost.Evaluate(problem.Slice!, placement, problem.Cluster, problem.Conditions).Measures;
            var (pairs, cells) = (Pairs(problem), (double)measures.Tokens * problem.Model.Layers);
            var weight = problem.Cluster.NodeCrossingWeight;
            var bound = Certificate.Of(problem, given.Limits, TimeSpan.FromHours(1), () => false, null).Bound;
            var objective = problem.Objective switch
            {
                PlacementObjective.Crossing =>
                    pairs * ((measures.GpuCrossingFraction ?? 0) + weight * (measures.NodeCrossingFraction ?? 0)),
                PlacementObjective.Copies =>
                    cells * (measures.RankCopiesPerTokenLayer!.Value + weight * measures.NodeCopiesPerTokenLayer!.Value),
                _ => measures.StepSeconds!.Value,
            };
            Assert.True(bound <= objective * (1 + 1e-9), $"seed {seed}: bound {bound} above {objective}");
        }
    }

    [Fact]
    public void Better_bounds_are_told_as_they_are_found_and_the_last_is_the_result()
    {
        // 8 of 16 experts on a node: more sets than take part at once.
        using var trace = TopOneTrace.Random(3, experts: 16, layers: 3, tokens: 3_000);
        var cluster = PlacementSamples.Cluster(2, 4);
        var problem = PlacementProblem.Create(trace.Model, cluster, trace.Counts, objective: PlacementObjective.Crossing);
        var limits = Enumerable.Repeat(long.MaxValue, 3).ToArray();
        var told = new List<double>();
        var bound = Certificate.Of(problem, limits, TimeSpan.FromHours(1), () => false, told.Add, rounds: 6);
        Assert.Equal("columns", bound.Method);
        Assert.Equal(told.Order(), told);
        Assert.Equal(bound.Bound, told[^1]);
        Assert.True(told.Count > 2, $"{told.Count} told");
        Assert.Equal(bound, Certificate.Of(problem, limits, TimeSpan.FromHours(1), () => false, null, rounds: 6));
        var placement = AffinityPolicy.Place(problem with { IterationLimit = 1 }, null, TestContext.Current.CancellationToken);
        Assert.InRange(bound.Bound, 0.8 * placement.Summary.Objective, placement.Summary.Objective);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 4)]
    [InlineData(2, 2)]
    public void A_model_of_32_layers_and_8_experts_is_solved_exactly(int nodes, int ranksPerNode)
    {
        using var trace = TopOneTrace.Random(7, experts: 8, layers: 32, tokens: 1_000);
        var cluster = PlacementSamples.Cluster(nodes, ranksPerNode);
        var problem = PlacementProblem.Create(trace.Model, cluster, trace.Counts, objective: PlacementObjective.Crossing, iterationLimit: 1);
        var found = AffinityPolicy.Place(problem, null, TestContext.Current.CancellationToken).Summary.Objective;
        var limits = Enumerable.Repeat(long.MaxValue, 32).ToArray();
        var exact = ExactPlacement.Crossing(problem, limits, () => false)!.Value;
        Assert.Equal(exact.Objective, BruteForce.Objective(problem, exact.RankOf));
        Assert.InRange(found, exact.Objective, 1.05 * exact.Objective);
        var bound = Certificate.Of(problem, limits, TimeSpan.FromHours(1), () => false, null);
        Assert.Equal(new CertifiedBound(exact.Objective, "enumeration"), bound);
    }

    [Fact]
    public void Told_to_stop_it_still_gives_a_bound()
    {
        using var trace = TopOneTrace.Random(3, experts: 16, layers: 5, tokens: 3_000);
        var cluster = PlacementSamples.Cluster(1, 4);
        var problem = PlacementProblem.Create(trace.Model, cluster, trace.Counts, objective: PlacementObjective.Crossing);
        var bound = Certificate.Of(problem, [.. Enumerable.Repeat(long.MaxValue, 5)], TimeSpan.Zero, () => true, null);
        Assert.Equal("partners", bound.Method);
        Assert.True(bound.Bound > 0);
    }

    private static (double Partners, double Columns) Crossings(PlacementProblem problem, long[] limits)
    {
        var tier = new TierBound(ChainOf.Crossing(problem, PerRank(problem, limits)), () => false);
        var partners = tier.Crossings;
        tier.Tighten(int.MaxValue, () => false, 1, () => { });
        return (partners, tier.Crossings);
    }

    private static (double Partners, double Columns) Copies(PlacementProblem problem, long[] limits)
    {
        var tier = new CopyBound(
            CopyTokens.Of(problem), ChainOf.Copies(problem, PerRank(problem, limits), CopySavings.Of(problem)), 1, problem.Conditions.RunsCoherent);
        var partners = tier.Copies;
        tier.Tighten(int.MaxValue, () => false, 1, () => { });
        return (partners, tier.Copies);
    }

    private static long[][] PerRank(PlacementProblem problem, long[] limits) =>
        [.. limits.Select(limit => Enumerable.Repeat(limit, problem.Cluster.Ranks).ToArray())];

    private static double Pairs(PlacementProblem problem)
    {
        var pairs = 0.0;
        for (var l = 0; l + 1 < problem.Counts.Layers; l++)
            foreach (var count in problem.Counts.Transitions(l))
                pairs += count;
        return pairs;
    }
}
