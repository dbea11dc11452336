using MoEPlace.Traces.Pickle;
using MoEPlace.Traces.Tests.Fixtures;
using Xunit;

namespace MoEPlace.Traces.Tests.Pickle;

public sealed class TorchArchiveTests
{
    [Theory]
    [InlineData("u8", new long[] { 0, 200, 255 })]
    [InlineData("i8", new long[] { -128, 127 })]
    [InlineData("i16", new long[] { -30000, 30000 })]
    [InlineData("i32", new long[] { -2_000_000_000, 2_000_000_000 })]
    [InlineData("bools", new long[] { 1, 0 })]
    [InlineData("scalar", new long[] { 42 })]
    public void Reads_whole_numbers_of_every_type(string key, long[] expected)
    {
        using var archive = TorchArchive.Open(Fixture.Path("values.pt"));
        Assert.Equal(expected, Integers(archive, Tensor(archive, key)));
    }

    [Fact]
    public void Reads_tensors_in_their_own_order_whatever_their_strides()
    {
        using var archive = TorchArchive.Open(Fixture.Path("values.pt"));
        Assert.Equal(Enumerable.Range(0, 24).Select(i => (long)i), Integers(archive, Tensor(archive, "whole")));
        var transposed = Tensor(archive, "transposed");
        Assert.Equal([4, 2, 3], transposed.Shape);
        Assert.Equal(
            from d in Enumerable.Range(0, 4) from a in Enumerable.Range(0, 2) from b in Enumerable.Range(0, 3) select (long)(a * 12 + b * 4 + d),
            Integers(archive, transposed));
        var sliced = Tensor(archive, "sliced");
        Assert.Equal(
            from a in Enumerable.Range(0, 2) from b in Enumerable.Range(1, 2) from d in Enumerable.Range(0, 2) select (long)(a * 12 + b * 4 + d * 2),
            Integers(archive, sliced));
    }

    [Fact]
    public void Reads_plain_values()
    {
        using var archive = TorchArchive.Open(Fixture.Path("values.pt"));
        Assert.True(((PickleDictionary)archive.Root!).TryGet("plain", out var value));
        var list = (PickleList)value!;
        object?[] expected = [1L, -1L, 255L, 65_535L, 70_000L, -70_000L, 1L << 40, -(1L << 62), null, true, 1.5, "ü"];
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], list[i]);
        var tuple = (PickleTuple)list[12]!;
        Assert.Equal((1L, 3L, "x"), ((long)tuple[0]!, (long)((PickleTuple)tuple[1]!)[1]!, (string)tuple[2]!));
    }

    [Fact]
    public void Keeps_lists_of_whole_numbers_bare()
    {
        using var archive = TorchArchive.Open(Fixture.Path("sglang_per_token_0.pt"));
        ((PickleDictionary)archive.Root!).TryGet("records", out var records);
        ((PickleDictionary)((PickleList)records!)[0]!).TryGet("positions", out var positions);
        Assert.Equal([0, 1, 2, 0, 1], ((PickleList)positions!).Integers.ToArray());
    }

    private static TorchTensor Tensor(TorchArchive archive, string key)
    {
        Assert.True(((PickleDictionary)archive.Root!).TryGet(key, out var value));
        return (TorchTensor)value!;
    }

    private static long[] Integers(TorchArchive archive, TorchTensor tensor)
    {
        var values = new long[tensor.Elements];
        archive.CopyIntegers(tensor, 0, values);
        return values;
    }
}
