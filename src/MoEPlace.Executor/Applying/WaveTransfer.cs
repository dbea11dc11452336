using System.Collections.Immutable;
using System.Security.Cryptography;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Applying;

/// <summary>
/// Brings the experts of one wave to spare slots. Every rank keeps the same list of what is still to travel, so that all take the same parts
/// without a word; a checksum follows the last part of an expert, and all ranks tell each other which did not hold.
/// </summary>
internal sealed class WaveTransfer : IDisposable
{
    /// <summary>The most bytes that a rank sends or receives in one exchange: what is in memory twice.</summary>
    private const long MostAtOnce = 1 << 20;

    /// <summary>A smaller budget still moves this much, or it would take for ever: 4,096.</summary>
    private const long LeastAtOnce = 1 << 12;

    /// <summary>How often an expert is sent anew.</summary>
    private const int MostRetries = 3;

    private readonly IRankGroup channel;
    private readonly IReadOnlyList<ExpertBank> banks;
    private readonly FaultPoints points;
    private readonly long expertBytes;
    private readonly List<Parcel> open = [];

    /// <summary>Takes the spare slots that this rank's share needs.</summary>
    /// <param name="channel">Over which it travels.</param>
    /// <param name="banks">[layers] the experts of this rank.</param>
    /// <param name="moves">What travels.</param>
    /// <param name="points">Where drills strike.</param>
    internal WaveTransfer(IRankGroup channel, IReadOnlyList<ExpertBank> banks, ImmutableArray<ExpertMove> moves, FaultPoints points)
    {
        (this.channel, this.banks, this.points) = (channel, banks, points);
        expertBytes = banks[0].BytesPerExpert;
        foreach (var move in moves)
        {
            var bank = banks[move.Layer.Value];
            var slot = move.To.Value == channel.Rank ? bank.Stage(move.Expert)
                : move.From.Value == channel.Rank ? bank.SlotOf(move.Expert) : -1;
            open.Add(new Parcel(move, slot));
        }
    }

    /// <summary>Whether all experts stand in their slots and their checksums hold.</summary>
    internal bool Complete => open.Count == 0;

    /// <summary>An expert whose checksum has failed too often; null where none has.</summary>
    internal ExpertMove? Hopeless { get; private set; }

    /// <summary>Bytes that have arrived, over all ranks, without those that must travel again.</summary>
    internal long BytesMoved { get; private set; }

    /// <summary>Moves what may travel during one step: every rank calls it at the same time.</summary>
    /// <param name="budget">Bytes over all ranks; less than 4,096 counts as 4,096.</param>
    internal void RunStep(long budget)
    {
        var left = Math.Max(budget, LeastAtOnce);
        var arrived = new List<Parcel>();
        while (NextParts(ref left) is { Count: > 0 } parts)
        {
            using var scope = torch.NewDisposeScope();
            Exchange(parts);
            BytesMoved += parts.Sum(part => part.Length);
            arrived.AddRange(parts.Where(part => part.IsLast).Select(part => part.Parcel));
        }
        Compare(arrived);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var parcel in open)
            parcel.Dispose();
    }

    /// <summary>The parts of one exchange: in the order of the list, of every expert as much as the budget and its two ranks have room for.</summary>
    private List<Part> NextParts(ref long left)
    {
        var (sent, received) = (new long[channel.Size], new long[channel.Size]);
        var parts = new List<Part>();
        foreach (var parcel in open)
        {
            if (left == 0)
                break;
            var (from, to) = (parcel.Move.From.Value, parcel.Move.To.Value);
            var room = Math.Min(MostAtOnce - sent[from], MostAtOnce - received[to]);
            var length = Math.Min(Math.Min(room, left), expertBytes - parcel.Done);
            if (length == 0)
                continue;
            parts.Add(new Part(parcel, parcel.Done, length, parcel.Done + length == expertBytes));
            parcel.Done += length;
            sent[from] += length;
            received[to] += length;
            left -= length;
        }
        return parts;
    }

    private void Exchange(List<Part> parts)
    {
        var (sent, received) = (new long[channel.Size], new long[channel.Size]);
        Part[] outgoing = [.. parts.Where(part => part.Parcel.Move.From.Value == channel.Rank).OrderBy(part => part.Parcel.Move.To.Value)];
        Part[] incoming = [.. parts.Where(part => part.Parcel.Move.To.Value == channel.Rank).OrderBy(part => part.Parcel.Move.From.Value)];
        var rows = new List<Tensor> { torch.empty([0], ScalarType.Byte) };
        foreach (var part in outgoing)
        {
            points.Pass(ApplyPoint.BeforePart);
            rows.Add(Pack(part));
            sent[part.Parcel.Move.To.Value] += part.MessageLength;
        }
        foreach (var part in incoming)
        {
            points.Pass(ApplyPoint.BeforePart);
            received[part.Parcel.Move.From.Value] += part.MessageLength;
        }
        var message = channel.AllToAll(torch.cat([.. rows]), sent, received);
        var at = 0L;
        foreach (var part in incoming)
        {
            Unpack(part, message.narrow(0, at, part.MessageLength));
            at += part.MessageLength;
        }
        for (var i = 0; i < outgoing.Length + incoming.Length; i++)
            points.Pass(ApplyPoint.AfterPart);
    }

    /// <summary>The bytes of a part, and behind the last one the checksum of them all.</summary>
    private Tensor Pack(Part part)
    {
        var (parcel, bank) = (part.Parcel, banks[part.Parcel.Move.Layer.Value]);
        var bytes = bank.Read(parcel.Slot, part.Start, part.Length);
        parcel.Hash.AppendData(bytes.AsSpan<byte>());
        var message = part.IsLast ? torch.cat([bytes, torch.tensor<byte>(parcel.Hash.GetHashAndReset())]) : bytes;
        return points.TakeLoss() ? torch.zeros(message.shape, ScalarType.Byte) : message;
    }

    private void Unpack(Part part, Tensor message)
    {
        var (parcel, bank) = (part.Parcel, banks[part.Parcel.Move.Layer.Value]);
        bank.Write(parcel.Slot, part.Start, message.narrow(0, 0, part.Length));
        // What stands in the slot counts, not what came.
        parcel.Hash.AppendData(bank.Read(parcel.Slot, part.Start, part.Length).AsSpan<byte>());
        if (part.IsLast)
            parcel.Holds = message.narrow(0, part.Length, SHA256.HashSizeInBytes).ToArray<byte>().AsSpan()
                .SequenceEqual(parcel.Hash.GetHashAndReset());
    }

    /// <summary>Takes what has arrived whole off the list; what was garbled goes to its end.</summary>
    private void Compare(List<Parcel> arrived)
    {
        if (arrived.Count == 0)
            return;
        long[] mine = [.. arrived.Select(parcel => parcel.Move.To.Value == channel.Rank && !parcel.Holds ? 1L : 0)];
        var garbled = channel.SumOf(mine);
        for (var i = 0; i < arrived.Count; i++)
        {
            var parcel = arrived[i];
            open.Remove(parcel);
            if (garbled[i] == 0)
            {
                parcel.Dispose();
                continue;
            }
            BytesMoved -= expertBytes;
            parcel.Done = 0;
            open.Add(parcel);
            if (++parcel.Retries > MostRetries)
                Hopeless ??= parcel.Move;
        }
    }

    /// <summary>An expert on its way.</summary>
    /// <param name="move">Which, from where to where.</param>
    /// <param name="slot">Where it stands on this rank; -1 where this rank is neither.</param>
    private sealed class Parcel(ExpertMove move, int slot) : IDisposable
    {
        private IncrementalHash? hash;

        internal ExpertMove Move { get; } = move;

        internal int Slot { get; } = slot;

        /// <summary>Bytes that have been taken.</summary>
        internal long Done { get; set; }

        internal int Retries { get; set; }

        /// <summary>On the rank that received it: whether its checksum does.</summary>
        internal bool Holds { get; set; }

        internal IncrementalHash Hash => hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public void Dispose() => hash?.Dispose();
    }

    private sealed record Part(Parcel Parcel, long Start, long Length, bool IsLast)
    {
        internal long MessageLength => Length + (IsLast ? SHA256.HashSizeInBytes : 0);
    }
}
