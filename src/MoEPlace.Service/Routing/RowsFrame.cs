using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace MoEPlace.Service.Routing;

/// <summary>
/// Rows on the wire, little-endian: "MPR1", rows I32, layers I32, topK I32, then sequence I32 [rows], position I32 [rows], home U16 [rows], phase U8 [rows],
/// experts U16 [rows, layers, topK]. A body is any number of frames, one behind the other.
/// </summary>
public static class RowsFrame
{
    /// <summary>Bytes before the columns.</summary>
    public const int HeadBytes = 16;

    /// <summary>Rows of a frame at most.</summary>
    public const int MostRows = 65_536;

    private const uint Magic = 0x3152504D;

    /// <summary>Writes a frame.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="layers">Layers.</param>
    /// <param name="topK">Choices.</param>
    public static byte[] Write(RoutedRows rows, int layers, int topK)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var bytes = new byte[HeadBytes + Bytes(rows.Rows, layers, topK)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), rows.Rows);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), layers);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), topK);
        var rest = bytes.AsSpan(HeadBytes);
        Put<int>(rows.Sequence, ref rest);
        Put<int>(rows.Position, ref rest);
        Put<ushort>(rows.Home, ref rest);
        Put<byte>(rows.Phase, ref rest);
        Put<ushort>(rows.Experts, ref rest);
        return bytes;

        static void Put<T>(ReadOnlySpan<T> values, ref Span<byte> to)
            where T : unmanaged
        {
            var from = MemoryMarshal.AsBytes(values);
            from.CopyTo(to);
            to = to[from.Length..];
        }
    }

    /// <summary>Bytes of the columns of a frame.</summary>
    public static int Bytes(int rows, int layers, int topK) => checked(rows * (4 + 4 + 2 + 1 + 2 * layers * topK));

    /// <summary>Reads the head of a frame.</summary>
    /// <returns>Its rows, 1 or more.</returns>
    /// <exception cref="InputException">It is none, or not of this model.</exception>
    public static int ReadHead(ReadOnlySpan<byte> head, int layers, int topK)
    {
        var faults = new InputFaults("rows");
        faults.Require(BinaryPrimitives.ReadUInt32LittleEndian(head) == Magic, "magic", BinaryPrimitives.ReadUInt32LittleEndian(head), "MPR1");
        faults.ThrowIfAny();
        var rows = BinaryPrimitives.ReadInt32LittleEndian(head[4..]);
        faults.Require(rows is >= 1 and <= MostRows, "rows", rows, $"1 to {MostRows}");
        faults.Require(BinaryPrimitives.ReadInt32LittleEndian(head[8..]) == layers, "layers", BinaryPrimitives.ReadInt32LittleEndian(head[8..]), $"{layers}, as the model has");
        faults.Require(BinaryPrimitives.ReadInt32LittleEndian(head[12..]) == topK, "topK", BinaryPrimitives.ReadInt32LittleEndian(head[12..]), $"{topK}, as the model has");
        faults.ThrowIfAny();
        return rows;
    }

    /// <summary>Reads the columns of a frame and checks every value.</summary>
    /// <param name="columns">As many bytes as <see cref="Bytes"/> says.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="model">The model.</param>
    /// <param name="ranks">Ranks of the job.</param>
    /// <exception cref="InputException">A value is out of its range; every fault is told.</exception>
    public static RoutedRows ReadColumns(ReadOnlySpan<byte> columns, int rows, MoEModel model, int ranks)
    {
        ArgumentNullException.ThrowIfNull(model);
        var sequence = Take<int>(ref columns, rows);
        var position = Take<int>(ref columns, rows);
        var home = Take<ushort>(ref columns, rows);
        var phase = Take<byte>(ref columns, rows);
        var experts = Take<ushort>(ref columns, rows * model.Layers * model.TopK);
        var faults = new InputFaults("rows");
        for (var i = 0; i < rows; i++)
        {
            faults.Require(sequence[i] >= 0, $"sequence[{i}]", sequence[i], "0 or more");
            faults.Require(position[i] >= 0, $"position[{i}]", position[i], "0 or more");
            faults.Require(home[i] < ranks, $"home[{i}]", home[i], $"0 to {ranks - 1}");
            faults.Require(phase[i] <= 1, $"phase[{i}]", phase[i], "0 or 1");
        }
        CheckExperts(faults, experts, model);
        faults.ThrowIfAny();
        return new RoutedRows(rows, sequence, position, home, phase, experts);

        static T[] Take<T>(ref ReadOnlySpan<byte> from, int count)
            where T : unmanaged
        {
            var values = new T[count];
            var to = MemoryMarshal.AsBytes(values.AsSpan());
            from[..to.Length].CopyTo(to);
            from = from[to.Length..];
            return values;
        }
    }

    private static void CheckExperts(InputFaults faults, ushort[] experts, MoEModel model)
    {
        for (var i = 0; i < experts.Length; i += model.TopK)
            for (var k = 0; k < model.TopK; k++)
            {
                var expert = experts[i + k];
                if (expert >= model.Experts && expert != Traces.RoutingTrace.NoExpert)
                    faults.Add($"experts[{i + k}]", expert, $"0 to {model.Experts - 1}, or 65,535 for none");
                if (expert != Traces.RoutingTrace.NoExpert && experts.AsSpan(i, k).Contains(expert))
                    faults.Add($"experts[{i + k}]", expert, "each expert once for a token and layer");
            }
    }
}
