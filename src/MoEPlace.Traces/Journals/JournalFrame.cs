using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace MoEPlace.Traces.Journals;

/// <summary>
/// The head of a frame, 32 bytes: checksum of the rest of the head, checksum of the content, kind, layer, step, first ordinal, number of
/// tokens, number of the frame in its file. The head is checked by itself, so that content which is cut off is told from a head that is damaged.
/// </summary>
/// <param name="Kind">What follows.</param>
/// <param name="Layer">The layer of choices; else 0.</param>
/// <param name="Step">The step that ran.</param>
/// <param name="First">The ordinal from which those of the tokens are told.</param>
/// <param name="Count">Tokens.</param>
/// <param name="Number">Frames before it in the file, so that none is lost or stands twice unnoticed.</param>
internal readonly record struct JournalFrame(JournalFrameKind Kind, int Layer, int Step, long First, int Count, uint Number)
{
    /// <summary>Bytes of the head.</summary>
    internal const int HeadBytes = 32;

    /// <summary>The most bytes of a frame.</summary>
    internal const int MostBytes = 1 << 18;

    /// <summary>Bytes of a token in the content of a frame, by kind.</summary>
    internal static int[] BytesPerToken(JournalHeader header)
    {
        var (columns, topK) = (header.Columns, header.Trace.Model.TopK);
        var bytes = new int[(int)JournalFrameKind.End + 1];
        bytes[(int)JournalFrameKind.Tokens] = 12 + (columns.HasFlag(TraceColumns.Home) ? 2 : 0) + (columns.HasFlag(TraceColumns.Phase) ? 1 : 0)
            + (columns.HasFlag(TraceColumns.Domain) ? 1 : 0);
        bytes[(int)JournalFrameKind.Choices] = 4 + topK * (columns.HasFlag(TraceColumns.GateWeights) ? 4 : 2);
        return bytes;
    }

    /// <summary>CRC-32C, which processors compute.</summary>
    internal static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            sum = BitOperations.Crc32C(sum, word);
        foreach (var left in bytes[(words.Length * sizeof(ulong))..])
            sum = BitOperations.Crc32C(sum, left);
        return ~sum;
    }

    /// <summary>Writes the head before the content that stands already in <paramref name="frame"/>.</summary>
    internal void Write(Span<byte> frame)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], Checksum(frame[HeadBytes..]));
        BinaryPrimitives.WriteUInt16LittleEndian(frame[8..], (ushort)Kind);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[10..], (ushort)Layer);
        BinaryPrimitives.WriteInt32LittleEndian(frame[12..], Step);
        BinaryPrimitives.WriteInt64LittleEndian(frame[16..], First);
        BinaryPrimitives.WriteInt32LittleEndian(frame[24..], Count);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[28..], Number);
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Checksum(frame[4..HeadBytes]));
    }

    /// <summary>Reads a head; null where its checksum does not hold.</summary>
    internal static JournalFrame? Read(ReadOnlySpan<byte> head, out uint contentChecksum)
    {
        contentChecksum = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
        return BinaryPrimitives.ReadUInt32LittleEndian(head) != Checksum(head[4..HeadBytes])
            ? null
            : new JournalFrame(
                (JournalFrameKind)BinaryPrimitives.ReadUInt16LittleEndian(head[8..]),
                BinaryPrimitives.ReadUInt16LittleEndian(head[10..]),
                BinaryPrimitives.ReadInt32LittleEndian(head[12..]),
                BinaryPrimitives.ReadInt64LittleEndian(head[16..]),
                BinaryPrimitives.ReadInt32LittleEndian(head[24..]),
                BinaryPrimitives.ReadUInt32LittleEndian(head[28..]));
    }
}
