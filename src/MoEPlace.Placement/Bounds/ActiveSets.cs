namespace MoEPlace.Placement.Bounds;

/// <summary>
/// The sets of each layer that steer the prices where all of them are too many: those of a good placement, those that differ from them
/// by one expert, and those through which the best columns go.
/// </summary>
internal sealed class ActiveSets
{
    private readonly ColumnChain chain;
    private readonly SortedSet<int>[] always;
    private readonly SortedSet<int>[] active;

    /// <param name="chain">The columns.</param>
    /// <param name="rankOf">[layers, experts] a placement whose sets are all in the chain: with it prices cannot fall for ever.</param>
    public ActiveSets(ColumnChain chain, int[] rankOf)
    {
        this.chain = chain;
        always = [.. chain.Sets.Select((sets, l) => Around(sets, rankOf.AsSpan(l * chain.Experts, chain.Experts)))];
        active = [.. always.Select(a => new SortedSet<int>(a))];
    }

    /// <summary>The columns of the sets that take part.</summary>
    public ColumnChain Columns() => chain.Restrict([.. active.Select(a => a.ToArray())]);

    /// <summary>Lets the sets of the best columns take part, and drops those that have fallen behind.</summary>
    /// <param name="value">[layers][sets] the best column through each set.</param>
    /// <param name="enter">How many of the best of each layer enter.</param>
    /// <param name="most">How many may take part at the most.</param>
    public void Update(int[][] value, int enter, int most)
    {
        for (var l = 0; l < active.Length; l++)
        {
            var order = new int[value[l].Length];
            var key = new int[order.Length];
            for (var s = 0; s < order.Length; s++)
                (key[s], order[s]) = (-value[l][s], s);
            Array.Sort(key, order);
            var next = new SortedSet<int>(always[l]);
            for (var i = 0; i < order.Length && next.Count < most; i++)
                if (i < enter || active[l].Contains(order[i]))
                    next.Add(order[i]);
            active[l] = next;
        }
    }

    private static SortedSet<int> Around(SubsetList sets, ReadOnlySpan<int> rankOf)
    {
        var found = new SortedSet<int>();
        var set = new byte[sets.Size];
        foreach (var rank in rankOf.ToArray().Distinct())
        {
            var members = new List<byte>();
            for (var e = 0; e < rankOf.Length; e++)
                if (rankOf[e] == rank)
                    members.Add((byte)e);
            for (var i = 0; i < members.Count; i++)
                for (var e = 0; e < rankOf.Length; e++)
                {
                    if (rankOf[e] == rank && e != members[i])
                        continue;
                    members.CopyTo(set);
                    set[i] = (byte)e;
                    Array.Sort(set);
                    var number = sets.NumberOf(set);
                    if (number >= 0)
                        found.Add(number);
                }
        }
        return found;
    }
}
