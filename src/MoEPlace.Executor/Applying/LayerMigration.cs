using System.Collections.Immutable;
using System.Globalization;

namespace MoEPlace.Executor.Applying;

/// <summary>The way of one layer from one placement to another, wave by wave.</summary>
/// <param name="from">The placement in force.</param>
/// <param name="to">The target.</param>
/// <param name="layer">The layer.</param>
/// <param name="slots">Slots of every rank, spare ones included.</param>
internal sealed class LayerMigration(ExpertPlacement from, ExpertPlacement to, LayerId layer, int slots)
{
    private readonly List<int>[] held =
        [.. Enumerable.Range(0, from.Ranks).Select(rank => new List<int>(from.ExpertsOn(layer, new RankId(rank)).ToArray()))];

    /// <summary>Whether every rank holds what it shall, and nothing else.</summary>
    internal bool Done => Enumerable.Range(0, held.Length).All(
        rank => held[rank].Count == to.ExpertsOn(layer, new RankId(rank)).Length && Lacks(rank).Length == 0);

    /// <summary>Which rank the target gives more experts than it has slots; null where none.</summary>
    internal string? Missing()
    {
        for (var rank = 0; rank < held.Length; rank++)
        {
            var wanted = Math.Max(held[rank].Count, to.ExpertsOn(layer, new RankId(rank)).Length);
            if (wanted > slots)
                return Tell(rank, wanted - slots);
        }
        return null;
    }

    /// <summary>Who needs a slot more when no rank can take anything.</summary>
    internal string Stuck() => Tell(Enumerable.Range(0, held.Length).First(rank => Lacks(rank).Length > 0), 1);

    /// <summary>Goes one wave on.</summary>
    /// <param name="moves">Takes what travels.</param>
    /// <param name="sent">[ranks] experts that each has sent in the whole migration; counted on.</param>
    /// <returns>False when nothing can be taken or dropped.</returns>
    internal bool Advance(List<ExpertMove> moves, long[] sent)
    {
        var before = held.Select(list => list.ToArray()).ToArray();
        for (var rank = 0; rank < held.Length; rank++)
            foreach (var expert in Lacks(rank).Take(slots - before[rank].Length))
            {
                var source = Sender(before, expert, rank, sent);
                sent[source]++;
                moves.Add(new ExpertMove(layer, new ExpertId(expert), new RankId(source), new RankId(rank)));
                held[rank].Add(expert);
            }
        for (var rank = 0; rank < held.Length; rank++)
            Drop(rank);
        return held.Where((list, rank) => !list.SequenceEqual(before[rank])).Any();
    }

    /// <summary>[rank][slot] -> expert as it is now; as the target has it where both hold the same.</summary>
    internal ImmutableArray<ImmutableArray<int>> Slots() => Done
        ? [.. Enumerable.Range(0, held.Length).Select(rank => to.ExpertsOn(layer, new RankId(rank)).ToImmutableArray())]
        : [.. held.Select(list => list.ToImmutableArray())];

    /// <summary>What a rank shall hold and does not, in the target's order.</summary>
    private int[] Lacks(int rank) => [.. to.ExpertsOn(layer, new RankId(rank)).ToArray().Where(expert => !held[rank].Contains(expert))];

    private void Drop(int rank)
    {
        foreach (var expert in held[rank].ToArray())
        {
            if (to.ExpertsOn(layer, new RankId(rank)).Contains(expert))
                continue;
            // A copy that no rank of the target has yet gives way only to what its rank lacks, and only if another is left.
            var arrived = to.RanksOf(layer, new ExpertId(expert)).ToArray().Any(holder => held[holder].Contains(expert));
            var crowded = slots - held[rank].Count < Lacks(rank).Length;
            var another = held.Where((list, other) => other != rank && list.Contains(expert)).Any();
            if (arrived || (crowded && another))
                held[rank].Remove(expert);
        }
    }

    /// <summary>Among the ranks that hold it: one of the same node before others, then the one that has sent least.</summary>
    private int Sender(int[][] before, int expert, int rank, long[] sent) => Enumerable.Range(0, before.Length)
        .Where(other => before[other].Contains(expert))
        .MinBy(other => (from.NodeOf(new RankId(other)) != from.NodeOf(new RankId(rank)), sent[other], other));

    private string Tell(int rank, int missing) => string.Create(
        CultureInfo.InvariantCulture, $"layer {from.MoeLayerIds[layer.Value]}, rank {rank}: {missing} more spare slots are needed");
}
