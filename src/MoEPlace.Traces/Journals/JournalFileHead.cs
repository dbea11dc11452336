using System.Buffers.Binary;
using System.Text;

namespace MoEPlace.Traces.Journals;

/// <summary>
/// The first 32 bytes of a rank's file: format and version in 20 bytes of text, the rank, the checksum of the metadata, the checksum of
/// these bytes.
/// </summary>
internal static class JournalFileHead
{
    internal const int Bytes = 32;
    private const int NameBytes = 20;

    internal static byte[] Make(int rank, ReadOnlySpan<byte> metadata)
    {
        var head = new byte[Bytes];
        Encoding.ASCII.GetBytes(JournalHeader.FormatName, head);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(20), rank);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(24), JournalFrame.Checksum(metadata));
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(28), JournalFrame.Checksum(head.AsSpan(0, 28)));
        return head;
    }

    /// <summary>Checks a head against what it must be.</summary>
    /// <exception cref="InputException">It is of another format, version, rank or journal, or damaged.</exception>
    internal static void Check(ReadOnlySpan<byte> head, int rank, ReadOnlySpan<byte> metadata, string file)
    {
        var name = Encoding.ASCII.GetString(head[..NameBytes]).TrimEnd('\0');
        if (name != JournalHeader.FormatName)
            throw new InputException(file, "format", name, $"\"{JournalHeader.FormatName}\"");
        if (BinaryPrimitives.ReadUInt32LittleEndian(head[28..]) != JournalFrame.Checksum(head[..28]))
            throw new InputException(file, "head", "a checksum that does not hold", "a file as it was written");
        var told = BinaryPrimitives.ReadInt32LittleEndian(head[20..]);
        if (told != rank)
            throw new InputException(file, "rank", told, $"{rank}, as the file is named");
        if (BinaryPrimitives.ReadUInt32LittleEndian(head[24..]) != JournalFrame.Checksum(metadata))
            throw new InputException(file, "journal", "another one than journal.json tells of", "the files of one journal, as they were written");
    }
}
