using MoEPlace.Traces.Npy;
using Xunit;

namespace MoEPlace.Traces.Tests.Npy;

public sealed class NpyFileTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Reads_every_version_of_the_header(byte version)
    {
        using var file = NpyFile.FromBytes(NpyBytes.With("{'descr': '<i4', 'fortran_order': False, 'shape': (2,)}", [1, 0, 0, 0, 255, 255, 255, 255], version), "x.npy");
        Assert.Equal([1, -1], Integers(file, 0, 2));
    }

    [Fact]
    public void Reads_whole_numbers_of_every_type()
    {
        Assert.Equal([0, 200, 255], Integers(NpyBytes.Of<byte>([0, 200, 255], 3)));
        Assert.Equal([-128, 127], Integers(NpyBytes.Of<sbyte>([-128, 127], 2)));
        Assert.Equal([65535], Integers(NpyBytes.Of<ushort>([65535], 1)));
        Assert.Equal([-2, 32767], Integers(NpyBytes.Of<short>([-2, 32767], 2)));
        Assert.Equal([uint.MaxValue], Integers(NpyBytes.Of<uint>([uint.MaxValue], 1)));
        Assert.Equal([int.MinValue], Integers(NpyBytes.Of<int>([int.MinValue], 1)));
        Assert.Equal([long.MinValue, 5], Integers(NpyBytes.Of<long>([long.MinValue, 5], 2)));
        Assert.Equal([1, 0], Integers(NpyBytes.Of<bool>([true, false], 2)));
    }

    [Fact]
    public void Reads_floating_point_numbers_as_halves()
    {
        Half[] expected = [(Half)0.1, (Half)(-2.5), Half.PositiveInfinity];
        Assert.Equal(expected, Halves(NpyBytes.Of<Half>(expected, 3)));
        Assert.Equal(expected, Halves(NpyBytes.Of<float>([0.1f, -2.5f, 1e6f], 3)));
        Assert.Equal(expected, Halves(NpyBytes.Of<double>([0.1, -2.5, 1e300], 3)));
    }

    [Fact]
    public void A_mapped_file_reads_like_its_bytes()
    {
        using var folder = new TempFolder();
        var bytes = NpyBytes.Of<short>([.. Enumerable.Range(-500, 1000).Select(i => (short)i)], 10, 100);
        using var mapped = NpyFile.Open(folder.Write("a.npy", bytes));
        using var inMemory = NpyFile.FromBytes(bytes, "a.npy");
        Assert.Equal([10, 100], mapped.Header.Shape);
        Assert.Equal(Integers(inMemory, 137, 700), Integers(mapped, 137, 700));
        Assert.Equal(-500 + 137, Integers(mapped, 137, 1)[0]);
    }

    [Fact]
    public void Reads_what_numpy_wrote()
    {
        using var file = NpyFile.Open(SharedData.Path("traces", "own-tiny-moe", "sequence.npy"));
        Assert.Equal([51200], file.Header.Shape);
        Assert.Equal(NpyType.I4, file.Header.Type);
        Assert.Equal(0, Integers(file, 0, 1)[0]);
    }

    [Fact]
    public void A_single_row_is_the_same_in_fortran_order()
    {
        using var file = NpyFile.FromBytes(NpyBytes.With("{'descr': '|u1', 'fortran_order': True, 'shape': (2,)}", [3, 4]), "x.npy");
        Assert.Equal([3, 4], Integers(file, 0, 2));
    }

    private static long[] Integers(byte[] bytes)
    {
        using var file = NpyFile.FromBytes(bytes, "x.npy");
        return Integers(file, 0, (int)file.Header.Elements);
    }

    private static long[] Integers(NpyFile file, long first, int count)
    {
        var values = new long[count];
        file.CopyIntegers(first, values);
        return values;
    }

    private static Half[] Halves(byte[] bytes)
    {
        using var file = NpyFile.FromBytes(bytes, "x.npy");
        var values = new Half[file.Header.Elements];
        file.CopyHalves(0, values);
        return values;
    }
}
