using MoEPlace.Placement.Affinity;
using Xunit;

namespace MoEPlace.Placement.Tests.Affinity;

public sealed class ExactMoveTests
{
    [Fact]
    public void Two_parts_are_divided_optimally_over_all_layers_at_once()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            var random = new SeedStream(seed, "pair-sweep");
            var problem = RandomChain.Draw(random, 1 + random.Next(4), 6, 2, seed % 3 == 0 ? 2 : 1, seed % 2 == 0);
            var state = new ChainState(problem, RandomChain.Division(random, problem));
            new RankPairSweep(problem).Sweep(state, random, () => false);
            Assert.True(RandomChain.BestKept(problem) == state.Kept, $"seed {seed}: {state.Kept} of {RandomChain.BestKept(problem)}");
        }
    }

    [Fact]
    public void All_divisions_of_two_parts_are_listed_while_they_are_few()
    {
        for (var capacity = 1; capacity <= 32; capacity++)
        {
            var divisions = RankPairSweep.Divisions(2 * capacity, capacity);
            Assert.Equal(capacity switch { 1 => 2, 2 => 6, 3 => 20, 4 => 70, 5 => 252, _ => 0 }, divisions.Distinct().Count());
            Assert.All(divisions, d => Assert.Equal(capacity, System.Numerics.BitOperations.PopCount(d)));
        }
    }

    [Fact]
    public void A_sweep_never_loses_and_never_adds_overload()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            var random = new SeedStream(seed, "pair-sweep-limit");
            // 6 experts a part: more than all divisions of a pair can be listed, so swaps are the states.
            var (experts, parts) = seed % 2 == 0 ? (12, 2) : (12, 4);
            var problem = RandomChain.Draw(random, 3, experts, parts, seed % 3 == 0 ? 2 : 1, seed % 4 == 0, 1.1);
            var state = new ChainState(problem, RandomChain.Division(random, problem));
            var (kept, over) = (state.Kept, problem.Overload(state.PartOf));
            var won = new RankPairSweep(problem).Sweep(state, random, () => false);
            Assert.True(problem.Overload(state.PartOf) <= over, $"seed {seed}");
            Assert.Equal(problem.KeptWeight(state.PartOf), state.Kept);
            Assert.Equal(kept + won, state.Kept);
            for (var layer = 0; layer < problem.Layers; layer++)
                Assert.All(
                    state.PartOf.Skip(layer * experts).Take(experts).GroupBy(p => p), part => Assert.Equal(problem.CapacityOf[part.Key], part.Count()));
        }
    }

    [Fact]
    public void A_layer_between_fixed_neighbours_gets_its_best_division()
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            var random = new SeedStream(seed, "layer-assignment");
            var problem = RandomChain.Draw(random, 1, 6, 3, 1, together: false);
            var three = RandomChain.Draw(random, 3, 6, 3, 1, together: false);
            var state = new ChainState(three, RandomChain.Division(random, three));
            new LayerAssignment(three).Sweep(state, () => false);
            var best = RandomChain.LayerDivisions(problem.Experts, problem.Parts).Max(d =>
            {
                int[] trial = [.. state.PartOf[..12], .. d];
                return three.KeptWeight(trial);
            });
            // The last layer was solved last: with its neighbour as it stands now nothing is better.
            Assert.True(best == state.Kept, $"seed {seed}: {state.Kept} of {best}");
        }
    }

    [Fact]
    public void Repair_brings_every_layer_under_its_limit()
    {
        for (var seed = 1; seed <= 100; seed++)
        {
            var random = new SeedStream(seed, "repair");
            var problem = RandomChain.Draw(random, 3, 12, 4, seed % 2 + 1, seed % 3 == 0, 1.0);
            var balanced = new int[36];
            for (var layer = 0; layer < 3; layer++)
                Array.Fill(problem.LoadLimit[layer], (long)BalancedDivision.Divide(problem.Load[layer], [3, 3, 3, 3], [1, 1, 1, 1], 0, random, balanced.AsSpan(layer * 12, 12)));
            var state = new ChainState(problem, RandomChain.Division(random, problem));
            new LayerAssignment(problem).Repair(state, balanced, () => false);
            Assert.True(problem.Overload(state.PartOf) == 0, $"seed {seed}");
            Assert.Equal(problem.KeptWeight(state.PartOf), state.Kept);
        }
    }
}
