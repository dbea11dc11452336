using MoEPlace.Traces.Statistics;
using MoEPlace.Traces.Synthesis;
using Xunit;

namespace MoEPlace.Traces.Tests;

public sealed class TraceSynthesisTests : IDisposable
{
    private static readonly MoEModel model = new("drawn", 6, [0, 1, 2, 4, 5], 16, 3);
    private readonly string folder = Directory.CreateTempSubdirectory("moeplace-synthesis-").FullName;

    [Fact]
    public void Says_that_it_is_synthetic_and_how_it_was_drawn()
    {
        using var trace = Draw(new TraceSynthesisOptions { Model = model, Tokens = 1000, Seed = 7 });
        Assert.Equal(TraceOrigin.Synthetic, trace.Header.Origin);
        Assert.Contains("seed 7", trace.Header.Source, StringComparison.Ordinal);
        Assert.Equal(model, trace.Model);
        Assert.Equal(ChoiceOrder.ByWeight, trace.Header.ChoiceOrder);
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 1)]
    public void Same_seed_gives_the_same_bytes_and_another_seed_gives_others(bool weights, int domains)
    {
        var options = new TraceSynthesisOptions { Model = model, Tokens = 5000, Sequences = 33, GateWeights = weights, Domains = domains };
        using var first = Draw(options);
        using var again = Draw(options);
        using var other = Draw(options with { Seed = 2 });
        Assert.Equal(first.Digest, again.Digest);
        Assert.NotEqual(first.Digest, other.Digest);
    }

    [Fact]
    public void A_token_chooses_distinct_experts_by_falling_weight()
    {
        // Five of six experts under a steep load: nearly every draw meets one that is taken.
        var narrow = new MoEModel("narrow", 3, [0, 1, 2], 6, 5);
        using var trace = Draw(new TraceSynthesisOptions { Model = narrow, Tokens = 3000, ZipfExponent = 8, Affinity = 0.3 });
        var experts = new ushort[3000 * 15];
        trace.CopyExperts(0, 3000, experts);
        var weights = trace.GateWeights(0, 3000);
        for (var cell = 0; cell < 9000; cell++)
        {
            Assert.Equal(5, experts.AsSpan(cell * 5, 5).ToArray().Distinct().Count());
            for (var j = 1; j < 5; j++)
                Assert.True(weights[cell * 5 + j] <= weights[cell * 5 + j - 1]);
        }
    }

    [Fact]
    public void Skew_grows_with_the_exponent_at_any_affinity()
    {
        foreach (var affinity in new[] { 0.0, 0.9 })
        {
            var skews = new[] { 0.0, 0.5, 1.0, 2.0 }.Select(z => Tell(z, affinity).Skew.Median).ToArray();
            Assert.InRange(skews[0], 1, 1.2);
            Assert.Equal(skews.Order(), skews);
            Assert.True(skews[3] > 2.5, $"{skews[3]}");
        }
    }

    [Fact]
    public void Mutual_information_grows_with_affinity_and_is_chance_without()
    {
        var told = new[] { 0.0, 0.25, 0.5, 0.75, 1.0 }.Select(a => Tell(0.5, a)).ToArray();
        Assert.InRange(told[0].TopOneBits!.Mean - told[0].TopOneShuffledBits!.Mean, -0.003, 0.003);
        Assert.InRange(told[0].ChoiceBits!.Mean - told[0].ChoiceShuffledBits!.Mean, -0.003, 0.003);
        Assert.True(told.Zip(told.Skip(1)).All(p => p.First.TopOneBits!.Mean < p.Second.TopOneBits!.Mean));
        Assert.True(told.Zip(told.Skip(1)).All(p => p.First.ChoiceBits!.Mean < p.Second.ChoiceBits!.Mean));
        Assert.Equal(1, told[4].HeaviestSuccessorShare!.Least, 6);
    }

    [Fact]
    public void Domains_differ_by_their_share_and_not_by_chance()
    {
        var options = new TraceSynthesisOptions { Model = model, Tokens = 20_000, Sequences = 40, Domains = 4, Affinity = 0.2, ZipfExponent = 1 };
        using var apart = Draw(options with { DomainShare = 0.8 });
        using var alike = Draw(options with { DomainShare = 0 });
        var (far, near) = (TraceStatistics.Of(apart), TraceStatistics.Of(alike));
        Assert.Equal(6, far.DomainDistances.Length);
        Assert.True(far.DomainDistance > 5 * far.DomainShuffledDistance, $"{far.DomainDistance} {far.DomainShuffledDistance}");
        Assert.InRange(near.DomainDistance!.Value, 0, 1.5 * near.DomainShuffledDistance!.Value);
    }

    [Fact]
    public void Deals_tokens_evenly_to_the_sequences()
    {
        using var trace = Draw(new TraceSynthesisOptions { Model = model, Tokens = 103, Sequences = 10 });
        var lengths = trace.Sequence(0, 103).ToArray().GroupBy(s => s).ToDictionary(g => g.Key, g => g.Count());
        Assert.Equal(Enumerable.Range(0, 10), lengths.Keys.Order());
        Assert.All(lengths, l => Assert.Equal(l.Key < 3 ? 11 : 10, l.Value));
    }

    [Fact]
    public void Tells_every_fault_at_once_and_writes_nothing()
    {
        var path = Path.Combine(folder, "none.safetensors");
        var options = new TraceSynthesisOptions
        {
            Model = model with { TopK = 17 },
            Tokens = 0,
            Sequences = 0,
            Affinity = double.NaN,
            ZipfExponent = -1,
            Domains = 300,
            DomainShare = 2,
        };
        var e = Assert.Throws<InputException>(() => TraceSynthesis.Write(path, options, TestContext.Current.CancellationToken));
        Assert.Equal(
            ["model.topK", "tokens", "sequences", "affinity", "zipfExponent", "domains", "domainShare"],
            e.Faults.Select(f => f.Field));
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public void Refuses_orders_of_popularity_that_do_not_fit_into_memory()
    {
        var large = new MoEModel("large", 2000, [.. Enumerable.Range(0, 2000)], 60_000, 1);
        Assert.Throws<InputException>(() => new TraceSynthesisOptions { Model = large }.Validate());
    }

    [Fact]
    public void Cancelled_it_leaves_nothing()
    {
        var options = new TraceSynthesisOptions { Model = model };
        using var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => TraceSynthesis.Write(Path.Combine(folder, "none"), options, source.Token));
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public void An_alias_table_draws_in_proportion()
    {
        double[] weights = [0, 1, 2, 3, 0.5];
        var table = new AliasTable(weights);
        var random = new SeedStream(1, "alias");
        var hits = new int[weights.Length];
        for (var i = 0; i < 65_000; i++)
            hits[table.Draw(random)]++;
        for (var i = 0; i < weights.Length; i++)
            Assert.InRange(hits[i], weights[i] * 10_000 * 0.95, weights[i] * 10_000 * 1.05);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private TraceStatistics Tell(double zipf, double affinity)
    {
        using var trace = Draw(new TraceSynthesisOptions { Model = model, Tokens = 20_000, ZipfExponent = zipf, Affinity = affinity, GateWeights = false });
        return TraceStatistics.Of(trace);
    }

    private RoutingTrace Draw(TraceSynthesisOptions options)
    {
        var path = Path.Combine(folder, $"{Guid.NewGuid():N}.safetensors");
        TraceSynthesis.Write(path, options, TestContext.Current.CancellationToken);
        return RoutingTrace.Open(path);
    }
}
