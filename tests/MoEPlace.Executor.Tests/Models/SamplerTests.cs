using MoEPlace.Executor.Models;
using Xunit;

namespace MoEPlace.Executor.Tests.Models;

public sealed class SamplerTests
{
    private static readonly float[] Logits = [0.3f, -1.2f, 2.1f, 0.3f, 1.7f, -4f, 2.1f, 0f];

    [Fact]
    public void Temperature_0_takes_the_likeliest_and_of_equals_the_first()
    {
        for (var seed = 0; seed < 20; seed++)
            Assert.Equal(2, Sampler.Next(Logits, 0, null, 1, new SeedStream(seed, "sample")));
    }

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(0.6, 0, 1)]
    [InlineData(2, 0, 1)]
    [InlineData(1, 3, 1)]
    [InlineData(1, 0, 0.7)]
    [InlineData(1.5, 5, 0.8)]
    public void Draws_are_distributed_as_the_cut_softmax_says(double temperature, int topK, double topP)
    {
        const int draws = 20_000;
        var expected = Expected(temperature, topK, topP);
        var counts = new int[Logits.Length];
        for (var i = 0; i < draws; i++)
            counts[Sampler.Next(Logits, temperature, topK == 0 ? null : topK, topP, Sampler.StreamOf(7, i / 100, i % 100))]++;
        var chiSquare = 0.0;
        for (var i = 0; i < counts.Length; i++)
        {
            if (expected[i] == 0)
                Assert.Equal(0, counts[i]);
            else
                chiSquare += Math.Pow(counts[i] - draws * expected[i], 2) / (draws * expected[i]);
        }
        // The 0.999 quantile for 7 degrees of freedom.
        Assert.InRange(chiSquare, 0, 24.3);
    }

    [Fact]
    public void The_same_place_draws_the_same_whoever_asks_and_other_places_draw_on_their_own()
    {
        int[] Draws(long seed, int sequence) =>
            [.. Enumerable.Range(0, 50).Select(p => Sampler.Next(Logits, 1, null, 1, Sampler.StreamOf(seed, sequence, p)))];
        Assert.Equal(Draws(1, 4), Draws(1, 4));
        Assert.NotEqual(Draws(1, 4), Draws(1, 5));
        Assert.NotEqual(Draws(1, 4), Draws(2, 4));
    }

    [Fact]
    public void What_is_no_temperature_or_share_is_refused()
    {
        var random = new SeedStream(1, "sample");
        Assert.Throws<ArgumentOutOfRangeException>(() => Sampler.Next(Logits, -1, null, 1, random));
        Assert.Throws<ArgumentOutOfRangeException>(() => Sampler.Next(Logits, double.NaN, null, 1, random));
        Assert.Throws<ArgumentOutOfRangeException>(() => Sampler.Next(Logits, 1, 0, 1, random));
        Assert.Throws<ArgumentOutOfRangeException>(() => Sampler.Next(Logits, 1, null, 0, random));
        Assert.Throws<ArgumentException>(() => Sampler.Next([], 1, null, 1, random));
    }

    private static double[] Expected(double temperature, int topK, double topP)
    {
        var shares = Logits.Select(l => Math.Exp(l / temperature)).ToArray();
        var sum = shares.Sum();
        var (reached, kept) = (0.0, 0);
        var result = new double[shares.Length];
        foreach (var i in Enumerable.Range(0, shares.Length).OrderByDescending(i => Logits[i]).ThenBy(i => i))
        {
            if ((topK > 0 && kept == topK) || reached >= topP)
                break;
            result[i] = shares[i] / sum;
            (reached, kept) = (reached + result[i], kept + 1);
        }
        return [.. result.Select(r => r / reached)];
    }
}
