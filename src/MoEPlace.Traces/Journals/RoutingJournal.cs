using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MoEPlace.Traces.Journals;

/// <summary>
/// What one rank records while it runs: frames that are gathered in a buffer and appended to the rank's file. Whatever a killed run has
/// handed to the system reads like a trace (<see cref="JournalTrace"/>). One thread; no allocation after the start.
/// </summary>
public sealed class RoutingJournal : IDisposable
{
    private readonly byte[] buffer = new byte[JournalFrame.MostBytes];
    private readonly JournalHeader header;
    private readonly SafeFileHandle handle;
    private readonly int topK;
    private readonly int[] bytesPerToken;
    private long written;
    private int filled;
    private int step;
    private uint frames;
    private bool ended;

    /// <summary>Opens the file of one rank in a journal that <see cref="Create"/> began.</summary>
    /// <param name="folder">The journal.</param>
    /// <param name="rank">The rank that will write, 0 to ranks - 1; its file must not be there yet.</param>
    /// <exception cref="InputException">There is no such journal or rank, or the file cannot be made.</exception>
    public RoutingJournal(string folder, int rank)
    {
        header = JournalHeader.Read(folder);
        if (rank < 0 || rank >= header.Ranks)
            throw new InputException(folder, "rank", rank, $"0 to {header.Ranks - 1}, the ranks of the journal");
        topK = header.Trace.Model.TopK;
        bytesPerToken = JournalFrame.BytesPerToken(header);
        var path = JournalHeader.RankPath(folder, rank);
        try
        {
            var head = JournalFileHead.Make(rank, File.ReadAllBytes(JournalHeader.MetadataPath(folder)));
            handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
            RandomAccess.Write(handle, head, 0);
            written = head.Length;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new InputException(path, "output", e.Message, "a new file in a folder that can be written");
        }
    }

    /// <summary>Begins a journal, before any rank opens its file.</summary>
    /// <param name="folder">Where it shall stand: a new or empty folder.</param>
    /// <param name="header">What it says of itself.</param>
    /// <exception cref="InputException">The header is not valid, something stands there, or the folder cannot be written.</exception>
    public static void Create(string folder, JournalHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        header.Write(folder);
    }

    /// <summary>Records what some tokens are: once a token, by whichever rank, in the step that runs it.</summary>
    /// <param name="step">The step, 0 or more, never less than before.</param>
    /// <param name="tokens">The tokens.</param>
    /// <exception cref="ArgumentException">A column is of another length, is missing, or is none of the journal's.</exception>
    /// <exception cref="IOException">The file cannot be written any more.</exception>
    public void Append(int step, JournalTokens tokens)
    {
        var count = tokens.Ordinals.Length;
        Require(tokens.Sequence.Length == count && tokens.Position.Length == count, nameof(tokens));
        Require(Fits(tokens.Home.Length, TraceColumns.Home) && Fits(tokens.Phase.Length, TraceColumns.Phase), nameof(tokens));
        Require(Fits(tokens.Domain.Length, TraceColumns.Domain), nameof(tokens));
        var most = MostTokens(JournalFrameKind.Tokens);
        for (var from = 0; from < count; from += most)
        {
            var part = from..Math.Min(count, from + most);
            var ordinals = tokens.Ordinals[part];
            var content = Begin(JournalFrameKind.Tokens, ordinals.Length);
            var at = PutOrdinals(ordinals, content);
            at += Put(tokens.Sequence[part], content[at..]);
            at += Put(tokens.Position[part], content[at..]);
            at += tokens.Home.IsEmpty ? 0 : Put(tokens.Home[part], content[at..]);
            at += tokens.Phase.IsEmpty ? 0 : Put(tokens.Phase[part], content[at..]);
            _ = tokens.Domain.IsEmpty ? 0 : Put(tokens.Domain[part], content[at..]);
            End(new JournalFrame(JournalFrameKind.Tokens, 0, step, ordinals[0], ordinals.Length, frames), content.Length);
        }

        bool Fits(int length, TraceColumns column) => length == ((header.Columns & column) == 0 ? 0 : count);
    }

    /// <summary>Records what the gate of one layer chose for some tokens: once a token and layer, by whichever rank ran the gate.</summary>
    /// <param name="step">The step, 0 or more, never less than before.</param>
    /// <param name="layer">The MoE layer, by ordinal.</param>
    /// <param name="ordinals">[tokens] the row of each token in the trace.</param>
    /// <param name="experts">[tokens, topK] logical ids; <see cref="RoutingTrace.NoExpert"/> where there is none.</param>
    /// <param name="weights">[tokens, topK]; empty where the journal has no gate weights.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    /// <exception cref="IOException">The file cannot be written any more.</exception>
    public void Append(int step, int layer, ReadOnlySpan<long> ordinals, ReadOnlySpan<ushort> experts, ReadOnlySpan<Half> weights)
    {
        var count = ordinals.Length;
        Require(layer >= 0 && layer < header.Trace.Model.Layers, nameof(layer));
        Require(experts.Length == (long)count * topK, nameof(experts));
        Require(weights.Length == ((header.Columns & TraceColumns.GateWeights) == 0 ? 0 : experts.Length), nameof(weights));
        var most = MostTokens(JournalFrameKind.Choices);
        for (var from = 0; from < count; from += most)
        {
            var part = ordinals[from..Math.Min(count, from + most)];
            var content = Begin(JournalFrameKind.Choices, part.Length);
            var at = PutOrdinals(part, content);
            at += Put(experts.Slice(from * topK, part.Length * topK), content[at..]);
            if (!weights.IsEmpty)
                Put(weights.Slice(from * topK, part.Length * topK), content[at..]);
            End(new JournalFrame(JournalFrameKind.Choices, layer, step, part[0], part.Length, frames), content.Length);
        }
    }

    /// <summary>Hands what is gathered to the system, so that it outlives this process; cheap enough for every step.</summary>
    /// <exception cref="IOException">The file cannot be written any more.</exception>
    public void Flush()
    {
        if (filled == 0)
            return;
        RandomAccess.Write(handle, buffer.AsSpan(0, filled), written);
        written += filled;
        filled = 0;
    }

    /// <summary>Notes that this rank has recorded all that it ran, and flushes.</summary>
    /// <exception cref="IOException">The file cannot be written any more.</exception>
    public void Complete()
    {
        var content = Begin(JournalFrameKind.End, 0);
        End(new JournalFrame(JournalFrameKind.End, 0, step, 0, 0, frames), content.Length);
        ended = true;
        Flush();
    }

    /// <summary>Closes the file with what was gathered; without <see cref="Complete"/> it reads like that of a killed rank.</summary>
    public void Dispose()
    {
        if (handle.IsClosed)
            return;
        try
        {
            Flush();
        }
        finally
        {
            handle.Dispose();
        }
    }

    private int MostTokens(JournalFrameKind kind) => (JournalFrame.MostBytes - JournalFrame.HeadBytes) / bytesPerToken[(int)kind];

    /// <summary>Room for the content of the next frame.</summary>
    private Span<byte> Begin(JournalFrameKind kind, int count)
    {
        if (ended)
            throw new InvalidOperationException("The rank has already ended its journal.");
        var bytes = count * bytesPerToken[(int)kind];
        if (filled + JournalFrame.HeadBytes + bytes > buffer.Length)
            Flush();
        return buffer.AsSpan(filled + JournalFrame.HeadBytes, bytes);
    }

    private void End(JournalFrame frame, int contentBytes)
    {
        Require(frame.Step >= step && frame.First >= 0, nameof(step));
        var bytes = JournalFrame.HeadBytes + contentBytes;
        frame.Write(buffer.AsSpan(filled, bytes));
        (step, filled, frames) = (frame.Step, filled + bytes, frames + 1);
    }

    /// <summary>Ordinals as their distance from the first, in 32 bits.</summary>
    private static int PutOrdinals(ReadOnlySpan<long> ordinals, Span<byte> content)
    {
        var distances = MemoryMarshal.Cast<byte, int>(content)[..ordinals.Length];
        var first = ordinals[0];
        long lost = 0;
        for (var i = 0; i < ordinals.Length; i++)
        {
            var distance = ordinals[i] - first;
            distances[i] = (int)distance;
            lost |= distance ^ distances[i];
        }
        Require(lost == 0, nameof(ordinals));
        return ordinals.Length * sizeof(int);
    }

    private static int Put<T>(ReadOnlySpan<T> values, Span<byte> content)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values);
        bytes.CopyTo(content);
        return bytes.Length;
    }

    private static void Require(bool holds, string argument)
    {
        if (!holds)
            throw new ArgumentException("It does not fit the journal, its columns, or what was recorded before.", argument);
    }
}
