using MoEPlace.Service.Routing;
using Xunit;

namespace MoEPlace.Service.Tests.Routing;

/// <summary>Counts on the wire.</summary>
public sealed class CountsFrameTests
{
    private static readonly MoEModel Model = new("m", 2, [0, 1], 3, 2);

    [Fact]
    public void What_is_written_is_read()
    {
        int[] counts = [1, 2, 1, 0, 2, 2];
        var read = new int[6];
        Assert.Equal(2, CountsFrame.Read(CountsFrame.Write(2, counts, 2, 3), Model, read));
        Assert.Equal(counts, read);
    }

    [Fact]
    public void Names_every_layer_that_chose_more_than_its_tokens_can()
    {
        var faults = Assert.Throws<InputException>(() => CountsFrame.Read(CountsFrame.Write(1, [1, 1, 1, 2, 0, 0], 2, 3), Model, new int[6])).Faults;
        Assert.Equal(["counts[0]", "counts[1, 0]"], faults.Select(fault => fault.Field));
    }
}
