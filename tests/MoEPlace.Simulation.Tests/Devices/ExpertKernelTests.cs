using MoEPlace.Simulation.Devices;
using Xunit;

namespace MoEPlace.Simulation.Tests.Devices;

public sealed class ExpertKernelTests
{
    private static readonly Device H100 = ClusterPresets.Find("h100-8")!.Device;

    [Fact]
    public void Without_tokens_nothing_runs() => Assert.Equal(0, ExpertKernel.Seconds(new int[8], Model(8, 2, 4_096, 1), H100));

    [Theory]
    [InlineData(1, 16)]
    [InlineData(2, 16)]
    [InlineData(1, 256)]
    [InlineData(2, 256)]
    public void One_token_more_is_never_faster(double bytesPerParameter, int experts)
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new SeedStream(seed, "one token more");
            var model = Model(experts, 1 + random.Next(8), 768, bytesPerParameter);
            var tokens = new int[16];
            double last = 0;
            for (var step = 0; step < 200; step++)
            {
                tokens[random.Next(16)] += 1 + random.Next(40);
                var seconds = ExpertKernel.Seconds(tokens, model, H100);
                Assert.True(seconds >= last, $"seed {seed}, step {step}: {seconds} after {last}");
                last = seconds;
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Few_tokens_on_more_experts_are_slower_because_more_weights_are_read(double bytesPerParameter)
    {
        var model = Model(64, 8, 2_048, bytesPerParameter);
        double last = 0;
        foreach (var activated in new[] { 1, 2, 4, 8, 16, 32, 64 })
        {
            var tokens = new int[64];
            for (var e = 0; e < activated; e++)
                tokens[e] = 64 / activated;
            var seconds = ExpertKernel.Seconds(tokens, model, H100);
            Assert.True(seconds > last, $"{activated} experts: {seconds} after {last}");
            Assert.True(seconds > activated * (double)model.Dimensions!.ExpertBytes / H100.MemoryBandwidthBytesPerSecond);
            last = seconds;
        }
    }

    [Fact]
    public void Skewed_tokens_are_never_faster_than_balanced_ones_in_whole_tiles()
    {
        var model = Model(8, 2, 4_096, 1);
        var balanced = Enumerable.Repeat(640, 8).ToArray();
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new SeedStream(seed, "skew");
            var skewed = balanced.ToArray();
            for (var move = 0; move < 20; move++)
            {
                var (from, to) = (random.Next(8), random.Next(8));
                var moved = random.Next(Math.Min(skewed[from], 300));
                skewed[from] -= moved;
                skewed[to] += moved;
            }
            // 640 tokens are 10 whole tiles of 64: no spread of the same tokens over all experts has fewer.
            Assert.Equal(balanced.Sum(), skewed.Sum());
            Assert.True(Seconds(skewed) >= Seconds(balanced), $"seed {seed}: {string.Join(' ', skewed)}");
        }

        double Seconds(int[] tokens) => ExpertKernel.Seconds(tokens, model, H100);
    }

    [Fact]
    public void A_rank_takes_large_tiles_when_it_is_given_more_tokens_than_it_has_experts()
    {
        // 8 experts of 256: nearly every token that comes has one choice here, so the tiles change after the eighth, not after topK times as many.
        var model = Model(256, 8, 2_048, 2);
        var (few, many) = (new int[8], new int[8]);
        (few[0], many[0]) = (8, 10);
        var (small, large) = (ExpertKernel.Seconds(few, model, H100), ExpertKernel.Seconds(many, model, H100));
        Assert.True(large > 1.05 * small, $"{small} and {large}");
    }

    [Fact]
    public void The_token_that_begins_a_tile_costs_a_tile()
    {
        var model = Model(8, 2, 14_336, 1);
        var whole = Enumerable.Repeat(1_024, 8).ToArray();
        var begun = Enumerable.Repeat(1_025, 8).ToArray();
        var filled = Enumerable.Repeat(1_088, 8).ToArray();
        double Seconds(int[] tokens) => ExpertKernel.Seconds(tokens, model, H100);
        Assert.True(Seconds(begun) - Seconds(whole) > 20 * (Seconds(filled) - Seconds(begun)) / 63);
    }

    [Fact]
    public void Is_never_faster_than_the_device()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new SeedStream(seed, "roofline");
            var model = Model(32, 4, 256 << random.Next(5), 2);
            var tokens = Enumerable.Range(0, 32).Select(_ => (int)(Math.Pow(random.NextDouble(), 4) * 5_000)).ToArray();
            var d = model.Dimensions!;
            var flops = 6.0 * d.HiddenSize * d.ExpertIntermediateSize * tokens.Sum();
            var bytes = (double)d.ExpertBytes * tokens.Count(t => t > 0);
            var seconds = ExpertKernel.Seconds(tokens, model, H100);
            Assert.True(seconds >= Math.Max(flops / H100.FlopsPerSecond, bytes / H100.MemoryBandwidthBytesPerSecond), $"seed {seed}");
        }
    }

    private static MoEModel Model(int experts, int topK, int width, double bytesPerParameter) => new(
        "own", 1, [0], experts, topK,
        new ModelDimensions(2_048, width, 0, 0, 1_000, 8, 8, 64, 64, 0, 0, 0, bytesPerParameter, 2, 2));
}
