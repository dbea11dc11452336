using System.Text.Json;
using Xunit;

namespace MoEPlace.Tests;

public sealed class ClusterPresetsTests
{
    [Fact]
    public void Every_preset_is_a_valid_cluster_of_one_node_with_sources()
    {
        string[] expected = ["h100-8", "h800-8", "a100-8", "h200-8", "b200-8", "mi300x-8", "cpu-loopback"];
        Assert.Equal(expected, ClusterPresets.Names);
        foreach (var name in ClusterPresets.Names)
        {
            var cluster = ClusterPresets.Parse(name);
            var faults = new InputFaults(name);
            cluster.Check(faults);
            Assert.False(faults.Any);
            Assert.Equal((name, 1, name == "cpu-loopback" ? 4 : 8), (cluster.Name, cluster.Nodes, cluster.RanksPerNode));
            Assert.All([cluster.Device.Source, cluster.IntraNode.Source, cluster.InterNode.Source], source => Assert.NotEmpty(source));
        }
    }

    [Theory]
    [InlineData("2x4", "h100-8:2x4", 2, 4)]
    [InlineData("1x8", "h100-8", 1, 8)]
    [InlineData("h800-8:40x8", "h800-8:40x8", 40, 8)]
    [InlineData("mi300x-8:1x2", "mi300x-8:1x2", 1, 2)]
    [InlineData("cpu-loopback:1x4", "cpu-loopback", 1, 4)]
    public void Nodes_and_ranks_may_be_given(string text, string name, int nodes, int ranksPerNode)
    {
        var cluster = ClusterPresets.Parse(text);
        Assert.Equal((name, nodes, ranksPerNode), (cluster.Name, cluster.Nodes, cluster.RanksPerNode));
        Assert.Equal(cluster, ClusterPresets.Parse(cluster.Name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("h100")]
    [InlineData("x8")]
    [InlineData("8")]
    [InlineData("-1x8")]
    [InlineData("1x8x2")]
    [InlineData("1 x 8")]
    [InlineData("v100-8:1x8")]
    [InlineData("h100-8:")]
    [InlineData("99999999999x8")]
    public void What_names_no_cluster_is_refused_with_what_is_allowed(string text)
    {
        var fault = Assert.Single(Assert.Throws<InputException>(() => ClusterPresets.Parse(text)).Faults);
        Assert.Contains("mi300x-8", fault.Allowed, StringComparison.Ordinal);
        Assert.Contains("NxR", fault.Allowed, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shape_out_of_range_is_refused_with_both_faults()
    {
        var refusal = Assert.Throws<InputException>(() => ClusterPresets.Parse("0x2000"));
        Assert.Equal(["nodes", "ranksPerNode"], refusal.Faults.Select(f => f.Field));
    }

    [Fact]
    public void A_cluster_file_is_read()
    {
        var path = Path.Combine(Path.GetTempPath(), $"moeplace-cluster-{Guid.NewGuid():N}.json");
        try
        {
            var cluster = ClusterPresets.Parse("b200-8:2x8");
            File.WriteAllText(path, JsonSerializer.Serialize(cluster, StrictJson.Options));
            Assert.Equal(cluster, ClusterPresets.Parse(path));
        }
        finally
        {
            File.Delete(path);
        }
        Assert.Throws<InputException>(() => ClusterPresets.Parse(path));
    }
}
