using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace MoEPlace.Traces.Npy;

/// <summary>The header of an npy file (format versions 1, 2 and 3): one array of one type, in C order.</summary>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Its dimensions, outermost first; none for a single number.</param>
/// <param name="DataOffset">Where the elements begin in the file.</param>
public sealed record NpyHeader(NpyType Type, ImmutableArray<long> Shape, long DataOffset)
{
    private const int LongestHeader = 1 << 20;
    private const string TypesAllowed = "'|b1', '|u1', '|i1', '<u2', '<u4', '<i2', '<i4', '<i8', '<f2', '<f4' or '<f8' (little endian)";

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Number of elements.</summary>
    public long Elements => Shape.Aggregate(1L, (a, b) => a * b);

    /// <summary>Bytes of one element.</summary>
    public int ElementBytes => BytesOf(Type);

    /// <summary>True when the elements are whole numbers or booleans.</summary>
    public bool IsInteger => Type is not (NpyType.F2 or NpyType.F4 or NpyType.F8);

    /// <summary>The shape as text, for example <c>[59998, 24, 4]</c>.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";

    /// <summary>Bytes of one element of a type.</summary>
    public static int BytesOf(NpyType type) => type switch
    {
        NpyType.B1 or NpyType.U1 or NpyType.I1 => 1,
        NpyType.U2 or NpyType.I2 or NpyType.F2 => 2,
        NpyType.U4 or NpyType.I4 or NpyType.F4 => 4,
        _ => 8,
    };

    /// <summary>Reads and checks a header; the elements must fill the rest of the file exactly.</summary>
    /// <param name="stream">At its start; its length must be known.</param>
    /// <param name="file">Its name in faults.</param>
    /// <exception cref="InputException">It is not an npy file that is read.</exception>
    public static NpyHeader Read(Stream stream, string file)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Span<byte> start = stackalloc byte[12];
        var got = stream.ReadAtLeast(start, 12, throwOnEndOfStream: false);
        if (got < 10 || !start[..6].SequenceEqual(Magic))
            throw new InputException(
                file, "magic", Convert.ToHexString(start[..Math.Min(got, 6)]), "an npy file: 934E554D5059, version, header, elements");
        var version = start[6];
        if (version is < 1 or > 3)
            throw new InputException(file, "version", version, "1, 2 or 3 (npy)");
        var prefix = version == 1 ? 10 : 12;
        long length = version == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..])
            : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        var rest = stream.Length - prefix;
        if (length > LongestHeader || length > rest)
            throw new InputException(file, "header length", length, $"0 to {Math.Max(0, Math.Min(LongestHeader, rest))} (npy)");
        stream.Position = prefix;
        var text = new byte[length];
        stream.ReadExactly(text);
        var header = new NpyDictionary(Encoding.UTF8.GetString(text), file).Read(prefix + length);
        header.CheckSize(stream.Length - header.DataOffset, file);
        return header;
    }

    internal static NpyHeader Make(string? descr, bool? fortranOrder, ImmutableArray<long>? shape, long dataOffset, string file)
    {
        var faults = new InputFaults(file);
        var type = TypeOf(descr);
        faults.Require(type is not null, "descr", descr, TypesAllowed);
        faults.Require(shape is not null, "shape", null, "a tuple of sizes");
        faults.Require(fortranOrder is not null, "fortran_order", null, "True or False");
        if (fortranOrder is true && shape is { Length: > 1 })
            faults.Add("fortran_order", "True", "False: save it with np.ascontiguousarray");
        faults.ThrowIfAny();
        return new NpyHeader(type!.Value, shape!.Value, dataOffset);
    }

    private static NpyType? TypeOf(string? descr) => descr switch
    {
        "|b1" => NpyType.B1,
        "|u1" or "<u1" => NpyType.U1,
        "|i1" or "<i1" => NpyType.I1,
        "<u2" => NpyType.U2,
        "<u4" => NpyType.U4,
        "<i2" => NpyType.I2,
        "<i4" => NpyType.I4,
        "<i8" => NpyType.I8,
        "<f2" => NpyType.F2,
        "<f4" => NpyType.F4,
        "<f8" => NpyType.F8,
        _ => null,
    };

    private void CheckSize(long bytes, string file)
    {
        Int128 needed = ElementBytes;
        foreach (var size in Shape)
            needed = needed > bytes && size > 0 ? needed : needed * size;
        if (needed != bytes)
            throw new InputException(
                file, "shape", ShapeText, $"as many elements as the {bytes} bytes after the header hold: the file is cut short or has more than one array");
    }
}
