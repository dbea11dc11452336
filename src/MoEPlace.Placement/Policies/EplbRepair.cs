namespace MoEPlace.Placement.Policies;

/// <summary>
/// Makes a valid placement of what <see cref="Eplb"/> gives, which may put two replicas of one expert on one rank. Where there is no such
/// pair, nothing changes.
/// <para>First, an expert with more replicas than there are ranks gives the surplus to the expert with the most load per replica that is
/// not on every rank yet. Then, one pair after another, the second replica changes places with a slot of a rank that does not hold its
/// expert. Among those slots: one whose expert is new to the first rank, then one on the same node, then the one that leaves the busier
/// of the two ranks with the least load, then the lowest rank and slot. Each exchange leaves fewer pairs, so it ends.</para>
/// </summary>
internal static class EplbRepair
{
    /// <summary>Repairs one layer in place and returns the number of slots that changed hands.</summary>
    /// <param name="map">[slots] slot -> expert, at most experts x ranks; slot j is on rank j / (slots / ranks); every expert has one.</param>
    /// <param name="load">[experts] load of the layer.</param>
    /// <param name="ranks">All ranks.</param>
    /// <param name="ranksPerNode">Ranks of one node.</param>
    internal static int RepairLayer(Span<int> map, ReadOnlySpan<long> load, int ranks, int ranksPerNode)
    {
        var layer = new Layer(map, load, ranks);
        var changes = 0;
        while (layer.ExpertWithTooManyReplicas() is var expert && expert >= 0)
        {
            layer.Put(layer.MostCrowdedSlotOf(expert), layer.BusiestExpertWithRoom(expert));
            changes++;
        }
        while (layer.SlotOfSecondReplica() is var slot && slot >= 0)
        {
            layer.Exchange(slot, layer.BestExchange(slot, ranksPerNode));
            changes++;
        }
        return changes;
    }

    /// <summary>The layer with what must be known of it again and again.</summary>
    private ref struct Layer
    {
        private readonly Span<int> map;
        private readonly ReadOnlySpan<long> load;
        private readonly int ranks;
        private readonly int rankSlots;
        private readonly int[] copies;

        internal Layer(Span<int> map, ReadOnlySpan<long> load, int ranks)
        {
            this.map = map;
            this.load = load;
            this.ranks = ranks;
            rankSlots = map.Length / ranks;
            copies = new int[load.Length];
            foreach (var expert in map)
                copies[expert]++;
        }

        internal readonly int ExpertWithTooManyReplicas() => copies.AsSpan().IndexOfAnyInRange(ranks + 1, int.MaxValue);

        internal readonly int MostCrowdedSlotOf(int expert)
        {
            var best = -1;
            for (var slot = 0; slot < map.Length; slot++)
                if (map[slot] == expert && (best < 0 || Held(slot / rankSlots, expert) > Held(best / rankSlots, expert)))
                    best = slot;
            return best;
        }

        internal readonly int BusiestExpertWithRoom(int except)
        {
            var best = -1;
            for (var e = 0; e < copies.Length; e++)
                if (e != except && copies[e] < ranks && (best < 0 || Share(e) > Share(best)))
                    best = e;
            return best;
        }

        internal readonly int SlotOfSecondReplica()
        {
            for (var slot = 0; slot < map.Length; slot++)
                if (Held(slot / rankSlots, map[slot]) > 1)
                    return slot + 1 + map[(slot + 1)..].IndexOf(map[slot]);
            return -1;
        }

        internal readonly int BestExchange(int slot, int ranksPerNode)
        {
            var (rank, expert) = (slot / rankSlots, map[slot]);
            var ownLoad = LoadOf(rank);
            var best = -1;
            (bool NotNew, bool OtherNode, double Busier) bestKey = default;
            for (var other = 0; other < ranks; other++)
            {
                if (Held(other, expert) > 0)
                    continue;
                var otherLoad = LoadOf(other);
                for (var s = other * rankSlots; s < (other + 1) * rankSlots; s++)
                {
                    var notNew = Held(rank, map[s]) > 0;
                    // An expert that both ranks hold helps only when the other one has a copy to spare.
                    if (notNew && Held(other, map[s]) < 2)
                        continue;
                    var gain = Share(expert) - Share(map[s]);
                    var key = (notNew, other / ranksPerNode != rank / ranksPerNode, Math.Max(ownLoad - gain, otherLoad + gain));
                    if (best < 0 || key.CompareTo(bestKey) < 0)
                        (best, bestKey) = (s, key);
                }
            }
            return best;
        }

        internal readonly void Exchange(int slot, int other)
        {
            var (expert, replacement) = (map[slot], map[other]);
            Put(slot, replacement);
            Put(other, expert);
        }

        internal readonly void Put(int slot, int expert)
        {
            copies[map[slot]]--;
            map[slot] = expert;
            copies[expert]++;
        }

        private readonly int Held(int rank, int expert) => map.Slice(rank * rankSlots, rankSlots).Count(expert);

        private readonly double Share(int expert) => (double)load[expert] / copies[expert];

        private readonly double LoadOf(int rank)
        {
            var sum = 0.0;
            foreach (var expert in map.Slice(rank * rankSlots, rankSlots))
                sum += Share(expert);
            return sum;
        }
    }
}
