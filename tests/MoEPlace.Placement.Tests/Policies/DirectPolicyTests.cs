using MoEPlace.Placement.Policies;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Placement.Tests.Policies;

public sealed class DirectPolicyTests
{
    [Fact]
    public void Contiguous_and_round_robin_place_by_number()
    {
        var problem = PlacementSamples.Problem(PlacementSamples.Model(2, 8), PlacementSamples.Cluster(2, 2), new long[16]);
        var contiguous = ContiguousPolicy.Place(problem).Placement;
        var roundRobin = RoundRobinPolicy.Place(problem).Placement;
        for (var layer = 0; layer < 2; layer++)
            for (var rank = 0; rank < 4; rank++)
            {
                Assert.Equal([2 * rank, 2 * rank + 1], contiguous.ExpertsOn(new LayerId(layer), new RankId(rank)).ToArray());
                Assert.Equal([rank, rank + 4], roundRobin.ExpertsOn(new LayerId(layer), new RankId(rank)).ToArray());
            }
    }

    [Fact]
    public void Random_follows_its_seed()
    {
        var (model, cluster) = (PlacementSamples.Model(4, 32), PlacementSamples.Cluster(1, 8));
        var first = RandomPolicy.Place(PlacementSamples.Problem(model, cluster, new long[128], seed: 5));
        Assert.Equal(first.Placement, RandomPolicy.Place(PlacementSamples.Problem(model, cluster, new long[128], seed: 5)).Placement);
        Assert.NotEqual(first.Placement, RandomPolicy.Place(PlacementSamples.Problem(model, cluster, new long[128], seed: 6)).Placement);
        Assert.Equal(5, first.Placement.Provenance.Seed);
        Assert.NotEqual(
            first.Placement.ExpertsOn(new LayerId(0), new RankId(0)).ToArray(), first.Placement.ExpertsOn(new LayerId(1), new RankId(0)).ToArray());
    }

    [Fact]
    public void Policies_without_replicas_refuse_redundant_slots()
    {
        var problem = PlacementSamples.Problem(PlacementSamples.Model(1, 8), PlacementSamples.Cluster(1, 4), new long[8], redundantSlots: 4);
        foreach (var place in new Func<PlacementProblem, PlacementSolution>[] { ContiguousPolicy.Place, RoundRobinPolicy.Place, RandomPolicy.Place })
        {
            var fault = Assert.Single(Assert.Throws<InputException>(() => place(problem)).Faults);
            Assert.Equal("--redundant", fault.Field);
            Assert.Equal("4", fault.Value);
        }
    }

    [Fact]
    public void Every_policy_gives_equal_slots_and_the_imbalance_of_its_placement()
    {
        var random = new SeedStream(3, "policies");
        for (var run = 0; run < 40; run++)
        {
            var (nodes, ranksPerNode) = (1 + random.Next(3), 1 + random.Next(4));
            var ranks = nodes * ranksPerNode;
            var model = PlacementSamples.Model(1 + random.Next(3), ranks * (1 + random.Next(4)), denseFirst: random.Next(2));
            var problem = PlacementSamples.Problem(
                model, PlacementSamples.Cluster(nodes, ranksPerNode), PlacementSamples.RandomLoad(random, model.Layers, model.Experts, 40), seed: run);
            foreach (var (name, solution) in new[]
            {
                (ContiguousPolicy.Name, ContiguousPolicy.Place(problem)), (RoundRobinPolicy.Name, RoundRobinPolicy.Place(problem)),
                (RandomPolicy.Name, RandomPolicy.Place(problem)), (EplbPolicy.Name, EplbPolicy.Place(problem)),
            })
            {
                Assert.Equal(name, solution.Placement.Provenance.Policy);
                Assert.Equal(problem.TraceDigest, solution.Placement.Provenance.TraceDigest);
                Assert.Equal(MoEPlaceVersion.Current, solution.Placement.Provenance.Version);
                Assert.Equal((SolveStatus.Feasible, "imbalance", null), (solution.Summary.Status, solution.Summary.ObjectiveName, solution.Summary.Bound));
                Assert.All(solution.Placement.ToSlots(), layer => Assert.All(layer, rank => Assert.Equal(problem.SlotsPerRank, rank.Length)));
                Assert.Equal(Imbalance(problem, solution.Placement), solution.Summary.Objective, 1e-9);
            }
        }
    }

    internal static double Imbalance(PlacementProblem problem, ExpertPlacement placement) =>
        Enumerable.Range(0, placement.Layers).Average(layer =>
        {
            var load = problem.Counts.Load(layer).ToArray();
            var slots = placement.ToSlots()[layer];
            var ranks = slots.Select(rank => rank.Sum(e => load[e] / (double)slots.Count(r => r.Contains(e)))).ToArray();
            return ranks.Sum() > 0 ? ranks.Max() / ranks.Average() : 1;
        });
}
