using System.Numerics;
using System.Runtime.InteropServices;

namespace MoEPlace.Placement.Policies;

/// <summary>
/// <see cref="Eplb"/> for one layer after another, with the buffers for layers of one shape. Loads are 0 or more, so as numbers they are
/// in the order of their bits, and those of the busiest and of the lightest are found by vectors of whole numbers.
/// </summary>
internal sealed class EplbLayer
{
    private readonly int groups, nodes, nodeRanks, rankSlots;
    private readonly int[] ordered, replicaOf, copies, items, pack, place;
    private readonly float[] groupWeight, local, share, slotWeight, packed;
    private readonly int[] lightness;
    private readonly ulong[] order;

    /// <summary>Buffers; groups are a multiple of the nodes.</summary>
    internal EplbLayer(int experts, int slots, int groups, int nodes, int ranks)
    {
        (this.groups, this.nodes, nodeRanks, rankSlots) = (groups, nodes, ranks / nodes, slots / ranks);
        ordered = new int[experts];
        groupWeight = new float[groups];
        local = new float[experts / nodes];
        share = new float[local.Length];
        copies = new int[local.Length];
        replicaOf = new int[slots / nodes];
        slotWeight = new float[replicaOf.Length];
        var most = Math.Max(groups, replicaOf.Length);
        (pack, place, order) = (new int[most], new int[most], new ulong[most]);
        var packs = Math.Max(nodes, nodeRanks);
        (packed, items, lightness) = (new float[packs], new int[packs], new int[packs]);
    }

    /// <summary>Balances one layer.</summary>
    /// <param name="weight">[experts].</param>
    /// <param name="map">[slots] receives slot -> expert.</param>
    internal void Rebalance(ReadOnlySpan<long> weight, Span<int> map)
    {
        OrderByNode(weight);
        for (var node = 0; node < nodes; node++)
        {
            var own = ordered.AsSpan(node * local.Length, local.Length);
            for (var i = 0; i < local.Length; i++)
                local[i] = weight[own[i]];
            Replicate();
            for (var s = 0; s < slotWeight.Length; s++)
                slotWeight[s] = share[replicaOf[s]];
            Pack(slotWeight, nodeRanks);
            var nodeMap = map.Slice(node * slotWeight.Length, slotWeight.Length);
            for (var s = 0; s < slotWeight.Length; s++)
                nodeMap[pack[s] * rankSlots + place[s]] = own[replicaOf[s]];
        }
    }

    /// <summary>The experts node after node, in the order in which their groups come to the node.</summary>
    private void OrderByNode(ReadOnlySpan<long> weight)
    {
        var groupSize = weight.Length / groups;
        Array.Clear(groupWeight);
        for (var e = 0; e < weight.Length; e++)
            groupWeight[e / groupSize] += weight[e];
        Pack(groupWeight, nodes);
        for (var g = 0; g < groups; g++)
            for (var i = 0; i < groupSize; i++)
                ordered[(pack[g] * (groups / nodes) + place[g]) * groupSize + i] = g * groupSize + i;
    }

    /// <summary>One replica of each expert, then one more after another for the expert with the most load per replica.</summary>
    private void Replicate()
    {
        local.CopyTo(share, 0);
        for (var e = 0; e < local.Length; e++)
            (replicaOf[e], copies[e]) = (e, 1);
        for (var s = local.Length; s < replicaOf.Length; s++)
        {
            var busiest = IndexOfMost(MemoryMarshal.Cast<float, int>(share.AsSpan()));
            replicaOf[s] = busiest;
            share[busiest] = local[busiest] / ++copies[busiest];
        }
    }

    /// <summary>Equally many items to every pack: the heaviest first, each to the lightest pack that has room.</summary>
    private void Pack(ReadOnlySpan<float> weight, int packs)
    {
        var room = weight.Length / packs;
        if (room == 1)
        {
            for (var i = 0; i < weight.Length; i++)
                (pack[i], place[i]) = (i, 0);
            return;
        }
        // Falling weight, then rising number.
        for (var i = 0; i < weight.Length; i++)
            order[i] = (ulong)~BitConverter.SingleToUInt32Bits(weight[i]) << 32 | (uint)i;
        order.AsSpan(0, weight.Length).Sort();
        Array.Clear(packed);
        Array.Clear(items);
        // The largest is the lightest pack that has room.
        var light = lightness.AsSpan(0, packs);
        light.Fill(int.MaxValue);
        for (var i = 0; i < weight.Length; i++)
        {
            var item = (int)(uint)order[i];
            var lightest = packs == 1 ? 0 : IndexOfMost(light);
            pack[item] = lightest;
            place[item] = items[lightest]++;
            packed[lightest] += weight[item];
            light[lightest] = items[lightest] == room ? -1 : int.MaxValue - BitConverter.SingleToInt32Bits(packed[lightest]);
        }
    }

    /// <summary>The first of the largest values.</summary>
    private static int IndexOfMost(ReadOnlySpan<int> values)
    {
        var most = values[0];
        var i = 0;
        if (values.Length >= Vector<int>.Count)
        {
            var vectors = MemoryMarshal.Cast<int, Vector<int>>(values);
            var high = vectors[0];
            for (var v = 1; v < vectors.Length; v++)
                high = Vector.Max(high, vectors[v]);
            for (var lane = 0; lane < Vector<int>.Count; lane++)
                most = Math.Max(most, high[lane]);
            i = vectors.Length * Vector<int>.Count;
        }
        for (; i < values.Length; i++)
            most = Math.Max(most, values[i]);
        return values.IndexOf(most);
    }
}
