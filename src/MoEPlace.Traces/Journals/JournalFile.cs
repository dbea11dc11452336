namespace MoEPlace.Traces.Journals;

/// <summary>Reads what one rank wrote, frame by frame; memory for one frame.</summary>
internal sealed class JournalFile : IDisposable
{
    private readonly JournalHeader header;
    private readonly FileStream stream;
    private readonly int[] bytesPerToken;
    private readonly byte[] head = new byte[JournalFrame.HeadBytes];
    private byte[] content = [];
    private int contentBytes;
    private uint number;
    private bool ended;

    internal JournalFile(string folder, int rank, JournalHeader header, ReadOnlySpan<byte> metadata)
    {
        (this.header, bytesPerToken) = (header, JournalFrame.BytesPerToken(header));
        Path = JournalHeader.RankPath(folder, rank);
        try
        {
            stream = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new InputException(Path, "file", e.Message, $"a file of each of the {header.Ranks} ranks");
        }
        var first = new byte[JournalFileHead.Bytes];
        if (stream.ReadAtLeast(first, first.Length, throwOnEndOfStream: false) < first.Length)
            (TornAt, End) = (0, true);
        else
            Check(first, rank, metadata);
    }

    /// <summary>The file.</summary>
    internal string Path { get; }

    /// <summary>Bytes of the file.</summary>
    internal long Length => stream.Length;

    /// <summary>The frame that <see cref="Next"/> came to.</summary>
    internal JournalFrame Frame { get; private set; }

    /// <summary>Its content.</summary>
    internal ReadOnlySpan<byte> Content => content.AsSpan(0, contentBytes);

    /// <summary>True when there is no further frame.</summary>
    internal bool End { get; private set; }

    /// <summary>True when the file stops before the rank came to its end: it may have recorded more than there is.</summary>
    internal bool Cut => End && !ended;

    /// <summary>Where a frame begins of which bytes are missing; null where none is.</summary>
    internal long? TornAt { get; private set; }

    /// <summary>Goes to the next frame.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    internal void Next()
    {
        if (End)
            return;
        var at = stream.Position;
        var read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        if (read == 0 || (read < head.Length && !ended))
        {
            (TornAt, End) = (read == 0 ? null : at, true);
            return;
        }
        if (ended)
            throw Damaged(at, "further bytes", "no byte after the frame that ends a rank's file");
        var frame = JournalFrame.Read(head, out var checksum) ?? throw Damaged(at, "a head whose checksum does not hold", "frames as they were written");
        Check(frame, at);
        contentBytes = frame.Count * bytesPerToken[(int)frame.Kind];
        if (content.Length < contentBytes)
            content = new byte[Math.Max(contentBytes, Math.Min(2 * content.Length, JournalFrame.MostBytes))];
        if (stream.ReadAtLeast(content.AsSpan(0, contentBytes), contentBytes, throwOnEndOfStream: false) < contentBytes)
        {
            (TornAt, End) = (at, true);
            return;
        }
        if (JournalFrame.Checksum(Content) != checksum)
            throw Damaged(at, "content whose checksum does not hold", "frames as they were written");
        (Frame, number) = (frame, number + 1);
        if (frame.Kind != JournalFrameKind.End)
            return;
        ended = true;
        Next();
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    private void Check(ReadOnlySpan<byte> first, int rank, ReadOnlySpan<byte> metadata)
    {
        try
        {
            JournalFileHead.Check(first, rank, metadata, Path);
        }
        catch (InputException)
        {
            stream.Dispose();
            throw;
        }
    }

    private void Check(JournalFrame frame, long at)
    {
        if (frame.Kind is < JournalFrameKind.Tokens or > JournalFrameKind.End)
            throw Damaged(at, $"kind {(int)frame.Kind}", "kinds 1 to 3");
        var bytes = JournalFrame.HeadBytes + (long)frame.Count * bytesPerToken[(int)frame.Kind];
        if (frame.Count < 0 || bytes > JournalFrame.MostBytes || frame.Layer >= header.Trace.Model.Layers || frame.First < 0 || frame.Step < Frame.Step)
            throw Damaged(
                at, $"layer {frame.Layer}, step {frame.Step}, {frame.Count} tokens from {frame.First}",
                $"layers 0 to {header.Trace.Model.Layers - 1}, steps from {Frame.Step}, at most {JournalFrame.MostBytes} bytes");
        if (frame.Number != number)
            throw Damaged(at, $"number {frame.Number}", $"{number}: every frame once, in order");
    }

    private InputException Damaged(long at, string value, string allowed) => new(Path, $"frame at byte {at}", value, allowed);
}
