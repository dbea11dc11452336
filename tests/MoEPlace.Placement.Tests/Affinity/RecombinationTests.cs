using MoEPlace.Placement.Affinity;
using Xunit;

namespace MoEPlace.Placement.Tests.Affinity;

public sealed class RecombinationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Layers_of_many_divisions_are_put_together_in_the_best_way_there_is(int nodes)
    {
        for (var seed = 1; seed <= 30; seed++)
        {
            var random = new SeedStream(seed, "recombination");
            int[] capacityOf = nodes == 1 && seed % 3 == 0 ? [1, 1, 2] : nodes == 1 ? [2, 2, 2] : [1, 1, 1, 1];
            var problem = RandomChain.Draw(random, 3, capacityOf.Sum(), capacityOf.Length, nodes, seed % 4 == 0, capacityOf: capacityOf);
            var divisions = Enumerable.Range(0, 3).Select(_ => RandomChain.Division(random, problem)).ToArray();
            var recombination = new Recombination(problem);
            foreach (var division in divisions)
                recombination.Add(division, problem.KeptWeight(division));
            var found = problem.KeptWeight(recombination.Best());
            Assert.True(found == BestByTrial(problem, divisions), $"seed {seed}: {found} of {BestByTrial(problem, divisions)}");
            Assert.True(found >= divisions.Max(d => problem.KeptWeight(d)));
        }
    }

    [Fact]
    public void Its_result_holds_capacities_and_load_limits_that_what_it_is_made_of_holds()
    {
        for (var seed = 1; seed <= 30; seed++)
        {
            var random = new SeedStream(seed, "recombination-limits");
            var problem = RandomChain.Draw(random, 4, 9, 4, 1, false, 1.6, capacityOf: [3, 0, 2, 4]);
            var recombination = new Recombination(problem);
            var most = 0L;
            for (var i = 0; i < 6; i++)
            {
                var division = RandomChain.Division(random, problem);
                for (var layer = 0; layer < problem.Layers; layer++)
                    for (var part = 0; part < problem.Parts; part++)
                        problem.LoadLimit[layer][part] = Math.Max(
                            problem.LoadLimit[layer][part],
                            Enumerable.Range(0, 9).Where(e => division[layer * 9 + e] == part).Sum(e => problem.Load[layer][e]));
                recombination = i == 0 ? new Recombination(problem) : recombination;
                recombination.Add(division, problem.KeptWeight(division));
                most = Math.Max(most, problem.KeptWeight(division));
            }
            var found = recombination.Best();
            Assert.True(problem.KeptWeight(found) >= most, $"seed {seed}");
            Assert.True(problem.Overload(found) == 0, $"seed {seed}");
            for (var layer = 0; layer < problem.Layers; layer++)
                for (var part = 0; part < problem.Parts; part++)
                    Assert.Equal(problem.CapacityOf[part], found.Skip(layer * 9).Take(9).Count(p => p == part));
        }
    }

    /// <summary>Every choice of a division for each layer, and every renaming of the parts that respects nodes and capacities.</summary>
    private static long BestByTrial(ChainProblem problem, int[][] divisions)
    {
        var n = problem.Experts;
        var names = Permutations(problem.Parts).Where(name => Enumerable.Range(0, problem.Parts).All(p =>
            problem.CapacityOf[p] == problem.CapacityOf[name[p]]
            && Enumerable.Range(0, problem.Parts).All(q => (problem.NodeOf[p] == problem.NodeOf[q]) == (problem.NodeOf[name[p]] == problem.NodeOf[name[q]])))).ToArray();
        IEnumerable<int[]> all = [[]];
        for (var layer = 0; layer < problem.Layers; layer++)
        {
            var rows = divisions.SelectMany(d => names.Select(name => d.Skip(layer * n).Take(n).Select(p => name[p]).ToArray())).ToArray();
            all = all.SelectMany(start => rows.Select(row => (int[])[.. start, .. row]));
        }
        return all.Max(d => problem.KeptWeight(d));
    }

    private static IEnumerable<int[]> Permutations(int n) => n == 0
        ? [[]]
        : Permutations(n - 1).SelectMany(p => Enumerable.Range(0, n).Select(at => (int[])[.. p[..at], n - 1, .. p[at..]]));
}
