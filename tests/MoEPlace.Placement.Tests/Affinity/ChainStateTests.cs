using MoEPlace.Placement.Affinity;
using Xunit;

namespace MoEPlace.Placement.Tests.Affinity;

public sealed class ChainStateTests
{
    [Fact]
    public void Swap_gains_and_kept_weight_equal_a_recount_from_scratch()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            var random = new SeedStream(seed, "chain-state");
            var problem = RandomChain.Draw(random, 1 + random.Next(4), 8, seed % 2 == 0 ? 4 : 2, seed % 3 == 0 ? 2 : 1, seed % 5 < 2);
            var state = new ChainState(problem, RandomChain.Division(random, problem));
            for (var i = 0; i < 40; i++)
            {
                var (layer, a, b) = (random.Next(problem.Layers), random.Next(8), random.Next(8));
                var before = problem.KeptWeight(state.PartOf);
                Assert.True(before == state.Kept, $"seed {seed}: kept {state.Kept}, recount {before}");
                var gain = state.PartOf[layer * 8 + a] == state.PartOf[layer * 8 + b] ? 0 : state.SwapGain(layer, a, b);
                state.Swap(layer, a, b);
                var after = problem.KeptWeight(state.PartOf);
                Assert.True(after == before + gain, $"seed {seed}: gain {gain}, recount {after - before}");
                Assert.Equal(after, state.Kept);
            }
            Assert.Equal(new ChainState(problem, state.PartOf).WithPart, state.WithPart);
            Assert.Equal(new ChainState(problem, state.PartOf).WithNode, state.WithNode);
            Assert.Equal(new ChainState(problem, state.PartOf).PartLoad, state.PartLoad);
        }
    }
}
