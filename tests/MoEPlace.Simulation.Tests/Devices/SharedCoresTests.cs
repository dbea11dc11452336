using MoEPlace.Simulation.Devices;
using Xunit;

namespace MoEPlace.Simulation.Tests.Devices;

public sealed class SharedCoresTests
{
    [Fact]
    public void Ranks_that_take_turns_are_done_when_slow_time_slices_say()
    {
        const double slice = 1e-3;
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new SeedStream(seed, "shared cores");
            var (ranks, cores) = (1 + random.Next(8), 1 + random.Next(8));
            double[] works = [.. Enumerable.Range(0, ranks).Select(_ => random.Next(4) == 0 ? 0 : random.Next(4_000) * slice)];
            var closed = works.ToArray();
            SharedCores.TakeTurns(closed, cores);
            var sliced = Slices(works, cores, slice / 4);
            for (var rank = 0; rank < ranks; rank++)
                Assert.True(
                    Math.Abs(closed[rank] - sliced[rank]) <= 8 * slice,
                    $"seed {seed}, {cores} cores, works {string.Join(", ", works)}: rank {rank} {closed[rank]}, by slices {sliced[rank]}");
        }
    }

    [Fact]
    public void Cores_do_all_the_work_and_nobody_is_done_sooner_than_alone()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new SeedStream(seed, "works");
            var cores = 1 + random.Next(4);
            double[] works = [.. Enumerable.Range(0, 1 + random.Next(9)).Select(_ => random.NextDouble())];
            var done = works.ToArray();
            SharedCores.TakeTurns(done, cores);
            Assert.All(works.Zip(done), pair => Assert.True(pair.Second >= pair.First - 1e-12, $"seed {seed}"));
            Assert.True(done.Max() >= works.Sum() / cores - 1e-12, $"seed {seed}");
            Assert.True(done.Max() <= works.Sum() / cores + works.Max() + 1e-12, $"seed {seed}");
        }
    }

    /// <summary>Slice by slice, every rank that has work left gets an even part of the cores, one at most.</summary>
    private static double[] Slices(double[] works, int cores, double slice)
    {
        var (left, done) = (works.ToArray(), new double[works.Length]);
        for (var now = 0.0; left.Any(work => work > 1e-9); now += slice)
        {
            var active = left.Count(work => work > 1e-9);
            for (var rank = 0; rank < left.Length; rank++)
            {
                if (left[rank] <= 1e-9)
                    continue;
                left[rank] -= slice * Math.Min(1, cores / (double)active);
                done[rank] = now + slice;
            }
        }
        return done;
    }
}
