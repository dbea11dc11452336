using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using MoEPlace.Executor.Running;
using MoEPlace.Traces.Journals;

namespace MoEPlace.Executor.Jobs;

/// <summary>
/// What a job has sampled, a record for every step, only ever added to. A record is 16 bytes, little-endian (CRC-32C of all that follows in it,
/// its number from 0, the epoch that the step ran on, how many ids), and 12 bytes an id (sequence, position, id).
/// The first record that is not whole ends what is read: a job goes on after any of its records, so that a file which was cut off costs time and
/// nothing else. What is sampled again is the same in float32, and in bfloat16 as rounding allows.
/// </summary>
internal sealed class SampledFile : IDisposable
{
    private const int HeadBytes = 16;
    private const int IdBytes = 12;
    private const int MostIds = 1 << 16;
    private readonly SafeFileHandle handle;
    private long written;
    private uint records;

    /// <summary>Opens it to add to it; what is not whole at its end is cut off.</summary>
    /// <exception cref="InputException">It holds what the job cannot have sampled, or it cannot be written.</exception>
    internal SampledFile(string path, Job job)
    {
        Sampled = Read(path, job, out written, out records);
        try
        {
            handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
            RandomAccess.SetLength(handle, written);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            handle?.Dispose();
            throw new InputException(path, "output", e.Message, "a file that can be written");
        }
    }

    /// <summary>[sequences] what it held when it was opened.</summary>
    internal ImmutableArray<ImmutableArray<int>> Sampled { get; }

    /// <summary>Reads what a job has sampled.</summary>
    /// <param name="path">The file; one that is missing holds nothing.</param>
    /// <param name="job">The job; what an earlier life sampled is not looked at.</param>
    /// <returns>[sequences].</returns>
    /// <exception cref="InputException">It cannot be read, or holds what the job cannot have sampled.</exception>
    internal static ImmutableArray<ImmutableArray<int>> Read(string path, Job job) => Read(path, job, out _, out _);

    /// <summary>Adds what a step sampled and hands it to the system, so that it outlives this process.</summary>
    /// <exception cref="IOException">The file cannot be written any more.</exception>
    internal void Append(int epoch, ReadOnlySpan<SampledId> ids)
    {
        for (; !ids.IsEmpty; ids = ids[Math.Min(ids.Length, MostIds)..])
        {
            var part = ids[..Math.Min(ids.Length, MostIds)];
            var record = new byte[HeadBytes + part.Length * IdBytes];
            BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), records);
            BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(8), epoch);
            BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(12), part.Length);
            MemoryMarshal.AsBytes(part).CopyTo(record.AsSpan(HeadBytes));
            BinaryPrimitives.WriteUInt32LittleEndian(record, JournalFrame.Checksum(record.AsSpan(4)));
            RandomAccess.Write(handle, record, written);
            written += record.Length;
            records++;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    private static ImmutableArray<ImmutableArray<int>> Read(string path, Job job, out long whole, out uint records)
    {
        var sampled = job.Prompts.Select(_ => new List<int>()).ToArray();
        (whole, records) = (0, 0);
        if (File.Exists(path))
            try
            {
                using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16);
                while (Next(stream, records) is { } record)
                {
                    foreach (var id in MemoryMarshal.Cast<byte, SampledId>(record.AsSpan(HeadBytes)))
                        Take(id, job, sampled, path);
                    records++;
                    whole += record.Length;
                }
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException)
            {
                throw new InputException(path, "file", e.Message, "a file that can be read");
            }
        return [.. sampled.Select(ids => ids.ToImmutableArray())];
    }

    /// <summary>The next record; null where none is whole.</summary>
    private static byte[]? Next(FileStream stream, uint number)
    {
        var head = new byte[HeadBytes];
        if (stream.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false) < HeadBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4)) != number
            || BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(12)) is not (> 0 and <= MostIds and var count))
            return null;
        var record = new byte[HeadBytes + count * IdBytes];
        head.CopyTo(record, 0);
        var bytes = count * IdBytes;
        return stream.ReadAtLeast(record.AsSpan(HeadBytes), bytes, throwOnEndOfStream: false) < bytes
            || BinaryPrimitives.ReadUInt32LittleEndian(record) != JournalFrame.Checksum(record.AsSpan(4))
            ? null
            : record;
    }

    private static void Take(SampledId id, Job job, List<int>[] sampled, string path)
    {
        if (id.Sequence < 0 || id.Sequence >= sampled.Length)
            throw new InputException(path, "sequence", id.Sequence, $"0 to {sampled.Length - 1}, the sequences of the job");
        var (ids, prompt) = (sampled[id.Sequence], job.Prompts[id.Sequence]);
        var next = prompt.Ids.Length + ids.Count;
        var ended = ids.Count >= prompt.NewTokens || (ids.Count > 0 && ids[^1] == job.EndId);
        if (ended || id.Position != next)
            throw new InputException(
                path, $"sequence {id.Sequence}", $"an id at position {id.Position}", ended ? "none: the sequence has ended" : $"position {next}, the next");
        ids.Add(id.Id);
    }
}
