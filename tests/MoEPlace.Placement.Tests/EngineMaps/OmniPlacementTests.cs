using MoEPlace.Placement.EngineMaps;
using MoEPlace.Tests.Shared;
using MoEPlace.Traces.Npy;
using Xunit;

namespace MoEPlace.Placement.Tests.EngineMaps;

public sealed class OmniPlacementTests
{
    [Fact]
    public void Takes_experts_in_rising_order()
    {
        // Two ranks, one layer, three experts; expert 1 on both.
        var placement = OmniPlacement.FromOneHot<byte>([1, 1, 0, 0, 1, 1], 2, 1, 3, new EngineMapContext("test", 2, [1], 3, 1, 2), "file");
        Assert.Equal([0, 1], placement.ExpertsOn(new LayerId(0), new RankId(0)).ToArray());
        Assert.Equal([1, 2], placement.ExpertsOn(new LayerId(0), new RankId(1)).ToArray());
    }

    [Fact]
    public void Refuses_other_values_missing_experts_and_other_shapes()
    {
        var context = new EngineMapContext("test", 2, [1], 3, 1, 2);
        var faults = Assert.Throws<InputException>(() => OmniPlacement.FromOneHot<long>([1, 257, 0, 0, 0, 1], 2, 1, 3, context, "file")).Faults;
        Assert.Equal(["[0, 0, 1]", "layer 0"], faults.Select(f => f.Field));
        Assert.Equal(3, Assert.Throws<InputException>(() => OmniPlacement.FromOneHot<byte>([1], 1, 2, 4, context, "file")).Faults.Length);
        Assert.Equal("data", Assert.Throws<InputException>(() => OmniPlacement.FromOneHot<byte>([1], 2, 1, 3, context, "file")).Faults[0].Field);
    }

    [Theory]
    [InlineData("placement_pattern_20250626_221356_58_rearrange_layers_58_layers_16_ranks_prefill_step0to100000.u8.npy", 2, 16, 58 * 256, 16)]
    [InlineData("DSV3_0427_GSM8K_decode_RedFullLays_+10_58_MoELayers_32_dies_epmaxdeploy_12.u8.npy", 4, 32, 48 * 256 + 10 * 288, 9)]
    public void Published_placements_of_deepseek_v3_are_valid(string name, int nodes, int ranks, int slots, int fullest)
    {
        using var file = NpyFile.Open(SharedData.Path("traces", "deepseek-v3-omni-placements", name));
        Assert.Equal([ranks, 58, 256], file.Header.Shape);
        var values = new long[ranks * 58 * 256];
        file.CopyIntegers(0, values);
        var context = new EngineMapContext("deepseek-v3", 61, [.. Enumerable.Range(3, 58)], 256, nodes, ranks / nodes);
        var placement = OmniPlacement.FromOneHot<long>(values, ranks, 58, 256, context, name);
        Assert.Equal(fullest, placement.ToSlots().Max(layer => layer.Max(rank => rank.Length)));
        Assert.Equal(slots, Enumerable.Range(0, 58).Sum(layer => placement.SlotCount(new LayerId(layer))));
    }
}
