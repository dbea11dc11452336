using System.Collections.Immutable;
using System.Globalization;

namespace MoEPlace.Executor.Applying;

/// <summary>The way of one layer from one placement to another, wave by wave.</summary>
internal sealed class LayerMigration
{
    private readonly ExpertPlacement from, to;
    private readonly LayerId layer;
    private readonly int slots, experts, ranks;

    /// <summary>[ranks, experts] what each holds, what it shall hold, and what it held when the wave began.</summary>
    private readonly bool[] holds, wanted, before;

    /// <summary>[ranks] what each holds, in the order in which it came.</summary>
    private readonly List<int>[] held;

    /// <param name="from">The placement in force.</param>
    /// <param name="to">The target.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="slots">Slots of every rank, spare ones included.</param>
    internal LayerMigration(ExpertPlacement from, ExpertPlacement to, LayerId layer, int slots)
    {
        (this.from, this.to, this.layer, this.slots, experts, ranks) = (from, to, layer, slots, from.Experts, from.Ranks);
        (holds, wanted, before) = (new bool[ranks * experts], new bool[ranks * experts], new bool[ranks * experts]);
        held = new List<int>[ranks];
        for (var rank = 0; rank < ranks; rank++)
        {
            held[rank] = [.. from.ExpertsOn(layer, new RankId(rank))];
            foreach (var expert in held[rank])
                holds[rank * experts + expert] = true;
            foreach (var expert in to.ExpertsOn(layer, new RankId(rank)))
                wanted[rank * experts + expert] = true;
        }
    }

    /// <summary>Whether every rank holds what it shall, and nothing else.</summary>
    internal bool Done => holds.AsSpan().SequenceEqual(wanted);

    /// <summary>Which rank the target gives more experts than it has slots; null where none.</summary>
    internal string? Missing()
    {
        for (var rank = 0; rank < ranks; rank++)
        {
            var most = Math.Max(held[rank].Count, to.ExpertsOn(layer, new RankId(rank)).Length);
            if (most > slots)
                return Tell(rank, most - slots);
        }
        return null;
    }

    /// <summary>Who needs a slot more when no rank can take anything.</summary>
    internal string Stuck() => Tell(Enumerable.Range(0, ranks).First(rank => Lacks(rank).Length > 0), 1);

    /// <summary>Goes one wave on.</summary>
    /// <param name="moves">Takes what travels.</param>
    /// <param name="sent">[ranks] experts that each has sent in the whole migration; counted on.</param>
    /// <returns>False when nothing can be taken or dropped.</returns>
    internal bool Advance(List<ExpertMove> moves, long[] sent)
    {
        holds.CopyTo(before, 0);
        for (var rank = 0; rank < ranks; rank++)
            foreach (var expert in Lacks(rank).Take(slots - held[rank].Count))
            {
                var source = Sender(expert, rank, sent);
                sent[source]++;
                moves.Add(new ExpertMove(layer, new ExpertId(expert), new RankId(source), new RankId(rank)));
                held[rank].Add(expert);
                holds[rank * experts + expert] = true;
            }
        for (var rank = 0; rank < ranks; rank++)
            Drop(rank);
        return !holds.AsSpan().SequenceEqual(before);
    }

    /// <summary>[rank][slot] -> expert as it is now; in the target's order once that is reached.</summary>
    internal ImmutableArray<ImmutableArray<int>> Slots() => Done
        ? [.. Enumerable.Range(0, ranks).Select(rank => to.ExpertsOn(layer, new RankId(rank)).ToImmutableArray())]
        : [.. held.Select(list => list.ToImmutableArray())];

    /// <summary>What a rank shall hold and does not, in the target's order.</summary>
    private int[] Lacks(int rank)
    {
        var lacking = new List<int>();
        foreach (var expert in to.ExpertsOn(layer, new RankId(rank)))
            if (!holds[rank * experts + expert])
                lacking.Add(expert);
        return [.. lacking];
    }

    private void Drop(int rank)
    {
        var lacking = Lacks(rank).Length;
        foreach (var expert in held[rank].ToArray())
        {
            if (wanted[rank * experts + expert])
                continue;
            var (arrived, another) = (false, false);
            for (var other = 0; other < ranks; other++)
                if (other != rank && holds[other * experts + expert])
                    (arrived, another) = (arrived || wanted[other * experts + expert], true);
            // A copy that no rank of the target has yet gives way only to what its rank lacks, and only if another is left.
            if (!arrived && !(another && slots - held[rank].Count < lacking))
                continue;
            held[rank].Remove(expert);
            holds[rank * experts + expert] = false;
        }
    }

    /// <summary>Among the ranks that held it when the wave began: one of the same node before others, then the one that has sent least.</summary>
    private int Sender(int expert, int rank, long[] sent)
    {
        var best = -1;
        for (var other = 0; other < ranks; other++)
            if (before[other * experts + expert] && (best < 0 || Cost(other).CompareTo(Cost(best)) < 0))
                best = other;
        return best;

        (bool Far, long Sent) Cost(int source) => (from.NodeOf(new RankId(source)) != from.NodeOf(new RankId(rank)), sent[source]);
    }

    private string Tell(int rank, int missing) => string.Create(
        CultureInfo.InvariantCulture, $"layer {from.MoeLayerIds[layer.Value]}, rank {rank}: {missing} more spare slots are needed");
}
