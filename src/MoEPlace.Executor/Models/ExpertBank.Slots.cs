using MoEPlace.Torch;

namespace MoEPlace.Executor.Models;

// How experts come and go while the others serve.
public sealed partial class ExpertBank
{
    /// <summary>Bytes of the weights of one expert.</summary>
    internal long BytesPerExpert => AllocatedBytes / held.Length;

    /// <summary>Takes a spare slot for an expert that is on its way; it does not serve yet.</summary>
    /// <exception cref="InvalidOperationException">No slot is free.</exception>
    internal int Stage(ExpertId expert)
    {
        var slot = Array.IndexOf(held, -1);
        if (slot < 0)
            throw new InvalidOperationException($"No slot is free for expert {expert}.");
        held[slot] = expert.Value;
        return slot;
    }

    /// <summary>From now on exactly these serve, each in the slot that holds it; the slots of all others stay as they are.</summary>
    /// <param name="experts">Experts that are held.</param>
    internal void Switch(ReadOnlySpan<int> experts)
    {
        Array.Fill(slotOf, -1);
        foreach (var expert in experts)
            slotOf[expert] = Array.IndexOf(held, expert);
    }

    /// <summary>Frees the slots of experts that do not serve, staged ones included.</summary>
    internal void Release()
    {
        for (var slot = 0; slot < held.Length; slot++)
            if (held[slot] >= 0 && slotOf[held[slot]] != slot)
                held[slot] = -1;
    }

    /// <summary>A range of the bytes of one slot, gate and up first: [length] Byte on the CPU.</summary>
    internal Tensor Read(int slot, long start, long length)
    {
        var parts = Ranges(slot, start, length);
        return (parts.Count == 1 ? parts[0] : torch.cat([.. parts])).to(TorchDevice.Cpu);
    }

    /// <summary>Writes a range of the bytes of one slot.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="start">The first byte.</param>
    /// <param name="bytes">[n] Byte.</param>
    internal void Write(int slot, long start, Tensor bytes)
    {
        var done = 0L;
        foreach (var part in Ranges(slot, start, bytes.size(0)))
        {
            part.copy_(bytes.narrow(0, done, part.size(0)));
            done += part.size(0);
        }
    }

    /// <summary>Damages an expert that serves here: every weight changes its sign.</summary>
    internal void TurnSigns(ExpertId expert)
    {
        using var scope = torch.NewDisposeScope();
        foreach (var weights in (ReadOnlySpan<Tensor>)[GateUp, Down])
            weights.select(0, SlotOf(expert)).mul_(-1);
    }

    private List<Tensor> Ranges(int slot, long start, long length)
    {
        var (ranges, before) = (new List<Tensor>(2), 0L);
        foreach (var weights in (ReadOnlySpan<Tensor>)[GateUp, Down])
        {
            var bytes = weights.select(0, slot).reshape(-1).view(ScalarType.Byte);
            var all = bytes.size(0);
            var (first, end) = (Math.Max(start, before), Math.Min(start + length, before + all));
            if (first < end)
                ranges.Add(bytes.narrow(0, first - before, end - first));
            before += all;
        }
        return ranges;
    }
}
