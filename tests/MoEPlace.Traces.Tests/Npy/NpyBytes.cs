using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace MoEPlace.Traces.Tests.Npy;

/// <summary>Makes npy files, independently of the code that reads them.</summary>
internal static class NpyBytes
{
    private static readonly Dictionary<Type, string> Descriptors = new()
    {
        [typeof(byte)] = "|u1",
        [typeof(sbyte)] = "|i1",
        [typeof(ushort)] = "<u2",
        [typeof(short)] = "<i2",
        [typeof(uint)] = "<u4",
        [typeof(int)] = "<i4",
        [typeof(long)] = "<i8",
        [typeof(Half)] = "<f2",
        [typeof(float)] = "<f4",
        [typeof(double)] = "<f8",
        [typeof(bool)] = "|b1",
    };

    internal static byte[] Of<T>(T[] values, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        var descr = Descriptors[typeof(T)];
        return With($"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({string.Join(", ", shape.ToArray())},), }}", MemoryMarshal.AsBytes<T>(values));
    }

    internal static byte[] With(string header, ReadOnlySpan<byte> data, byte version = 1)
    {
        var prefix = version == 1 ? 10 : 12;
        var text = Encoding.UTF8.GetBytes(header);
        var length = (prefix + text.Length + 1 + 63) / 64 * 64 - prefix;
        var bytes = new byte[prefix + length + data.Length];
        Encoding.Latin1.GetBytes("\u0093NUMPY").CopyTo(bytes, 0);
        bytes[6] = version;
        if (version == 1)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)length);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), (uint)length);
        bytes.AsSpan(prefix, length).Fill((byte)' ');
        text.CopyTo(bytes, prefix);
        bytes[prefix + length - 1] = (byte)'\n';
        data.CopyTo(bytes.AsSpan(prefix + length));
        return bytes;
    }
}
