using System.Collections.Immutable;
using System.Text.Json;
using MoEPlace.Traces.Statistics;
using Xunit;

namespace MoEPlace.Traces.Tests;

public sealed class TraceStatisticsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("moeplace-statistics-").FullName;

    [Fact]
    public void Mutual_information_is_the_entropies_of_the_parts_less_that_of_the_whole()
    {
        var random = new SeedStream(3, "tables");
        for (var round = 0; round < 50; round++)
        {
            var experts = 1 + random.Next(12);
            var joint = new int[experts * experts];
            for (var i = 0; i < joint.Length; i++)
                joint[i] = random.Next(3) == 0 ? 0 : random.Next(50);
            var rows = Enumerable.Range(0, experts).Select(r => Enumerable.Range(0, experts).Sum(c => joint[r * experts + c]));
            var columns = Enumerable.Range(0, experts).Select(c => Enumerable.Range(0, experts).Sum(r => joint[r * experts + c]));
            var expected = Entropy(rows) + Entropy(columns) - Entropy(joint);
            Assert.Equal(expected, AffinityMeasures.MutualInformation(joint, experts), 9);
        }
    }

    [Fact]
    public void A_layer_that_repeats_the_one_before_tells_all_and_a_random_one_nothing()
    {
        // Layer 1 repeats layer 0, layer 2 is drawn anew.
        const int tokens = 20_000, experts = 8;
        var random = new SeedStream(1, "copies");
        var ids = new ushort[tokens * 3];
        for (var t = 0; t < tokens; t++)
        {
            ids[t * 3] = ids[t * 3 + 1] = (ushort)random.Next(experts);
            ids[t * 3 + 2] = (ushort)random.Next(experts);
        }
        using var trace = Write(new MoEModel("copies", 4, [0, 2, 3], experts, 1), new TraceRows(ids, new int[tokens], new int[tokens]), []);
        var told = TraceStatistics.Of(trace);
        Assert.Equal(3, told.ByAdjacentLayers[0].TopOneBits!.Value, 2);
        Assert.Equal(told.ByAdjacentLayers[0].TopOneBits!.Value, told.ByAdjacentLayers[0].ChoiceBits, 9);
        Assert.Equal(1, told.ByAdjacentLayers[0].HeaviestSuccessorShare);
        Assert.InRange(told.ByAdjacentLayers[0].ChoiceShuffledBits, 0, 0.01);
        Assert.InRange(told.ByAdjacentLayers[1].ChoiceBits, 0, 0.01);
        Assert.Equal((0, 1), (told.ChoiceBits!.MostAt, told.ChoiceBits.LeastAt));
        Assert.InRange(told.Skew.Most, 1, 1.1);
        Assert.Equal(3, told.EntropyBits.Least, 2);
        Assert.Equal([0, 2, 3], told.ByLayer.Select(l => l.ModelLayerId));
    }

    [Fact]
    public void Tells_skew_gaps_sequences_phases_and_domains()
    {
        const ushort none = RoutingTrace.NoExpert;
        ushort[] ids = [0, 1, 0, none, 0, 1, 0, 2];
        var rows = new TraceRows(ids, [4, 4, 9, 9], [0, 1, 0, 1], Phase: [0, 1, 1, 1], Domain: [0, 0, 2, 2]);
        using var trace = Write(new MoEModel("one layer", 1, [0], 4, 2), rows, ["first"]);
        var told = TraceStatistics.Of(trace);
        Assert.Equal(4.0 / 7 * 4, told.Skew.Most, 9);
        Assert.Equal((0, 1), (told.ByLayer[0].BusiestExpert, told.ByLayer[0].UnusedExperts));
        Assert.Equal(1.0 / 8, told.MissingChoiceShare, 9);
        Assert.Equal((2, 0.75), (told.Sequences, told.DecodeShare!.Value));
        Assert.Equal(["phase", "domain"], told.Columns);
        Assert.Equal([new DomainStatistics(0, "first", 2), new DomainStatistics(2, "domain 2", 2)], told.Domains);
        Assert.Null(told.ChoiceBits);
        Assert.Single(told.DomainDistances);
    }

    [Fact]
    public void Divergence_is_one_bit_apart_and_zero_alike()
    {
        Assert.Equal(1, DomainMeasures.Divergence([5, 0, 3, 0], [0, 2, 0, 7]), 9);
        Assert.Equal(0, DomainMeasures.Divergence([1, 2, 3], [10, 20, 30]), 9);
        Assert.Equal(0, DomainMeasures.Divergence([0, 0], [1, 1]), 9);
    }

    [Fact]
    public void Goes_through_json_and_back_and_is_the_same_each_time()
    {
        using var random = new RandomTrace(new RandomTrace.Shape(500, 4, 16, 3), 1);
        var told = TraceStatistics.Of(random.Trace);
        Assert.Equal(told, TraceStatistics.Of(random.Trace));
        var text = JsonSerializer.Serialize(told, StrictJson.Options);
        Assert.Equal(told, JsonSerializer.Deserialize<TraceStatistics>(text, StrictJson.Options));
    }

    [Fact]
    public void A_trace_without_any_choice_has_figures_all_the_same()
    {
        using var random = new RandomTrace(new RandomTrace.Shape(50, 3, 16, 2) { Gaps = 1 }, 1);
        var told = TraceStatistics.Of(random.Trace);
        Assert.Equal((1.0, 0.0, 0.0), (told.MissingChoiceShare, told.Skew.Most, told.ChoiceBits!.Most));
        Assert.DoesNotContain("NaN", JsonSerializer.Serialize(told, StrictJson.Options), StringComparison.Ordinal);
    }

    [Fact]
    public void Gpt_oss_has_half_a_bit_between_choices_of_adjacent_layers()
    {
        using var recorded = RecordedTrace.GptOss();
        var told = TraceStatistics.Of(recorded.Trace);
        Assert.Equal(recorded.Trace.Tokens, told.SampledTokens);
        Assert.Equal(0.529, told.ChoiceBits!.Mean, 3);
        Assert.Equal(1.511, told.TopOneBits!.Mean, 3);
        Assert.InRange(told.ChoiceShuffledBits!.Mean, 0, 0.001);
        Assert.InRange(told.TopOneShuffledBits!.Mean, 0.008, 0.013);
        Assert.InRange(told.Skew.Least, 1.5, 3);
        Assert.InRange(told.Skew.Most, 3, 5.6);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private RoutingTrace Write(MoEModel model, TraceRows rows, ImmutableArray<string> domains)
    {
        var path = Path.Combine(folder, $"{Guid.NewGuid():N}.safetensors");
        var header = new TraceHeader(model, TraceOrigin.Measured, "test", "", ChoiceOrder.ByWeight, domains);
        var columns = (rows.Phase is null ? 0 : TraceColumns.Phase) | (rows.Domain is null ? 0 : TraceColumns.Domain);
        using (var writer = new RoutingTraceWriter(path, header, rows.Count, columns))
        {
            writer.Append(rows);
            writer.Complete();
        }
        return RoutingTrace.Open(path);
    }

    private static double Entropy(IEnumerable<int> counts)
    {
        var total = (double)counts.Sum();
        return total == 0 ? 0 : -counts.Where(c => c > 0).Sum(c => c / total * Math.Log2(c / total));
    }
}
