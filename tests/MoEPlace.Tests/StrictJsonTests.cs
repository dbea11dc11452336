using System.Text.Json;
using Xunit;

namespace MoEPlace.Tests;

public sealed class StrictJsonTests : IDisposable
{
    private readonly string path = Path.GetTempFileName();
    private readonly string good = JsonSerializer.Serialize(ClusterPresets.Parse("2x4"), StrictJson.Options);

    [Fact]
    public void Reads_back_what_it_wrote_with_or_without_a_byte_order_mark()
    {
        Assert.Equal(ClusterPresets.Parse("2x4"), Read(good));
        Assert.Equal(ClusterPresets.Parse("2x4"), Read('\ufeff' + good));
    }

    [Fact]
    public void Passes_over_a_value_that_follows_from_the_others() =>
        Assert.Equal(8, Read(good.Replace("\"nodes\": 2", "\"nodes\": 2, \"ranks\": 8", StringComparison.Ordinal)).Ranks);

    [Fact]
    public void Tells_every_wrong_key_at_once()
    {
        var faults = Faults(good
            .Replace("\"nodes\": 2", "\"nodez\": 2", StringComparison.Ordinal)
            .Replace("\"memoryBytes\": 80000000000", "\"memoryBytes\": 1.5", StringComparison.Ordinal)
            .Replace("\"ranksPerNode\": 4", "\"ranksPerNode\": 4, \"ranksPerNode\": 5", StringComparison.Ordinal));
        Assert.Equal(["nodez", "ranksPerNode", "device.memoryBytes", "nodes"], faults.Select(f => f.Field));
        Assert.Equal(["2", "5", "1.5", "missing"], faults.Select(f => f.Value));
        Assert.Equal("each key once", faults[1].Allowed);
        Assert.All(faults, fault => Assert.Equal(path, fault.File));
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("{", "JSON")]
    [InlineData("null", "$")]
    [InlineData("[1, 2]", "$")]
    [InlineData("{\"format\": \"moeplace.cluster/2\", \"racks\": 1}", "format")]
    [InlineData("{\"format\": \"\\ud800\"}", "JSON")]
    public void Tells_what_is_no_file_of_this_kind(string text, string field) => Assert.Equal(field, Assert.Single(Faults(text)).Field);

    public void Dispose() => File.Delete(path);

    private Cluster Read(string text)
    {
        File.WriteAllText(path, text);
        return Cluster.Read(path);
    }

    private System.Collections.Immutable.ImmutableArray<InputFault> Faults(string text) =>
        Assert.Throws<InputException>(() => Read(text)).Faults;
}
