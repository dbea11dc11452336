using System.Collections.Immutable;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Models;

/// <summary>
/// The experts in the slots of one rank in one layer, and nothing else; it owns their weights. Slots beyond those that serve are spare: an
/// expert that is on its way is staged in one, serves when the bank is switched, and what serves no longer is freed by a release.
/// </summary>
public sealed partial class ExpertBank : IDisposable
{
    private readonly int[] slotOf;
    private readonly int[] held;

    /// <summary>Takes over the weights of some slots.</summary>
    /// <param name="experts">[at most slots] the logical expert in each; the slots after them are spare.</param>
    /// <param name="logicalExperts">Logical experts of the layer.</param>
    /// <param name="gateUp">[slots, 2 I, H]: the rows of gate, then those of up.</param>
    /// <param name="down">[slots, H, I].</param>
    public ExpertBank(ImmutableArray<int> experts, int logicalExperts, Tensor gateUp, Tensor down)
    {
        ArgumentNullException.ThrowIfNull(gateUp);
        ArgumentNullException.ThrowIfNull(down);
        GateUp = gateUp.DetachFromDisposeScope();
        Down = down.DetachFromDisposeScope();
        held = new int[Math.Max(experts.Length, (int)gateUp.size(0))];
        Array.Fill(held, -1);
        slotOf = new int[logicalExperts];
        Array.Fill(slotOf, -1);
        for (var slot = 0; slot < experts.Length; slot++)
            (held[slot], slotOf[experts[slot]]) = (experts[slot], slot);
    }

    /// <summary>[slots] the logical expert in each; -1 in a spare slot.</summary>
    public ImmutableArray<int> Experts => [.. held];

    /// <summary>All slots, spare ones included.</summary>
    public int Slots => held.Length;

    /// <summary>Logical experts of the layer.</summary>
    public int LogicalExperts => slotOf.Length;

    /// <summary>[slots, 2 I, H]: of each slot the rows of gate, then those of up.</summary>
    public Tensor GateUp { get; }

    /// <summary>[slots, H, I].</summary>
    public Tensor Down { get; }

    /// <summary>Bytes of memory that its weights take: slots x bytes per expert, spare slots included.</summary>
    public long AllocatedBytes => GateUp.StorageBytes + Down.StorageBytes;

    /// <summary>Those of them that slots with an expert take.</summary>
    public long HeldBytes => AllocatedBytes - held.Count(expert => expert < 0) * (AllocatedBytes / Math.Max(1, held.Length));

    /// <summary>The slot of an expert that serves here; -1 for any other.</summary>
    public int SlotOf(ExpertId expert) => slotOf[expert.Value];

    /// <summary>Runs (row, slot) pairs, grouped by slot, and sums them by row.</summary>
    /// <param name="rows">[n, H] hidden states.</param>
    /// <param name="pairRow">[pairs] the row of each.</param>
    /// <param name="pairSlot">[pairs] the slot of each.</param>
    /// <param name="pairWeight">[pairs] what each is multiplied by.</param>
    /// <returns>[n, H]; 0 for a row without a pair.</returns>
    public Tensor Forward(Tensor rows, ReadOnlySpan<int> pairRow, ReadOnlySpan<int> pairSlot, Tensor pairWeight)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(pairWeight);
        var none = torch.zeros(rows.shape, rows.dtype, rows.device);
        if (pairRow.Length == 0)
            return none;
        var counts = new long[held.Length];
        foreach (var slot in pairSlot)
            counts[slot]++;
        var next = new long[counts.Length];
        for (var slot = 1; slot < next.Length; slot++)
            next[slot] = next[slot - 1] + counts[slot - 1];
        // Counting sort: row and place of the pairs, slot after slot.
        var sorted = new long[2 * pairRow.Length];
        for (var i = 0; i < pairRow.Length; i++)
        {
            var to = next[pairSlot[i]]++;
            sorted[to] = pairRow[i];
            sorted[pairRow.Length + to] = i;
        }
        var both = torch.tensor<long>(sorted, [2, pairRow.Length], rows.device);
        var (rowIndex, pairIndex) = (both.select(0, 0), both.select(0, 1));
        var output = torch.nn.functional.grouped_experts(rows.index_select(0, rowIndex), counts, GateUp, Down);
        var weights = pairWeight.to(rows.dtype).index_select(0, pairIndex).unsqueeze(1);
        return none.index_add(0, rowIndex, output * weights);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        GateUp.Dispose();
        Down.Dispose();
    }
}
