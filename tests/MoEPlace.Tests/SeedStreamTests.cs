using Xunit;

namespace MoEPlace.Tests;

public sealed class SeedStreamTests
{
    [Fact]
    public void Same_seed_and_subsystem_give_the_same_numbers()
    {
        var (a, b) = (new SeedStream(7, "search", 3), new SeedStream(7, "search", 3));
        for (var i = 0; i < 1000; i++)
            Assert.Equal(a.NextBits(), b.NextBits());
    }

    [Theory]
    [InlineData(8, "search", 3)]
    [InlineData(7, "kick", 3)]
    [InlineData(7, "search", 4)]
    public void Another_seed_subsystem_or_index_gives_another_stream(long seed, string subsystem, long index) =>
        Assert.NotEqual(new SeedStream(7, "search", 3).NextBits(), new SeedStream(seed, subsystem, index).NextBits());

    [Fact]
    public void Next_is_uniform_within_its_bound()
    {
        var stream = new SeedStream(1, "uniform");
        var hits = new int[7];
        for (var i = 0; i < 70_000; i++)
            hits[stream.Next(7)]++;
        Assert.All(hits, h => Assert.InRange(h, 9_600, 10_400));
    }
}
