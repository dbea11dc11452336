namespace MoEPlace.Placement.Bounds;

/// <summary>
/// All sets of equally many experts of one layer that a rank may hold, in lexicographic order, with the tree of their prefixes: what
/// runs over every set costs one step per set this way, not one per member.
/// </summary>
internal sealed class SubsetList
{
    private SubsetList(int size, byte[] members)
    {
        (Size, Members) = (size, members);
        Count = members.Length / size;
        (Element, FirstChild) = (new byte[size][], new int[size][]);
        for (var depth = 0; depth < size; depth++)
            BuildLevel(depth);
    }

    /// <summary>Experts of each set.</summary>
    public int Size { get; }

    /// <summary>Number of sets.</summary>
    public int Count { get; }

    /// <summary>[count, size] rising.</summary>
    public byte[] Members { get; }

    /// <summary>[size][nodes] the last expert of each prefix; the nodes of the last level are the sets.</summary>
    public byte[][] Element { get; }

    /// <summary>[size][nodes + 1] the first node of the next level that prolongs each prefix; empty on the last level.</summary>
    public int[][] FirstChild { get; }

    /// <summary>How many sets there are, or <see cref="int.MaxValue"/> when more than that.</summary>
    public static int CountOf(int experts, int size)
    {
        Int128 count = 1;
        for (var i = 1; i <= size; i++)
        {
            count = count * (experts - size + i) / i;
            if (count > int.MaxValue)
                return int.MaxValue;
        }
        return (int)count;
    }

    /// <summary>Lists the sets whose load stays within a limit.</summary>
    /// <param name="load">[experts], at most 256.</param>
    /// <param name="size">1 or more.</param>
    /// <param name="limit">The most load of a set.</param>
    public static SubsetList Of(ReadOnlySpan<long> load, int size, long limit)
    {
        var found = new List<byte>(limit == long.MaxValue ? CountOf(load.Length, size) * size : 0);
        Span<byte> set = stackalloc byte[size];
        for (var i = 0; i < size; i++)
            set[i] = (byte)i;
        while (true)
        {
            var sum = 0L;
            foreach (var e in set)
                sum += load[e];
            if (sum <= limit)
                found.AddRange(set);
            var at = size - 1;
            while (at >= 0 && set[at] == load.Length - size + at)
                at--;
            if (at < 0)
                return new SubsetList(size, [.. found]);
            set[at]++;
            for (var i = at + 1; i < size; i++)
                set[i] = (byte)(set[i - 1] + 1);
        }
    }

    /// <summary>The sets of some numbers, as a list of their own.</summary>
    /// <param name="chosen">Rising numbers of sets.</param>
    public SubsetList Choose(ReadOnlySpan<int> chosen)
    {
        var members = new byte[chosen.Length * Size];
        for (var i = 0; i < chosen.Length; i++)
            Members.AsSpan(chosen[i] * Size, Size).CopyTo(members.AsSpan(i * Size));
        return new SubsetList(Size, members);
    }

    /// <summary>The number of a set; below 0 when it is not in the list.</summary>
    /// <param name="set">[size] rising.</param>
    public int NumberOf(ReadOnlySpan<byte> set)
    {
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = set.SequenceCompareTo(Members.AsSpan(middle * Size, Size));
            if (order == 0)
                return middle;
            (low, high) = order > 0 ? (middle + 1, high) : (low, middle - 1);
        }
        return -1;
    }

    private void BuildLevel(int depth)
    {
        var (element, first) = (new List<byte>(), new List<int>());
        var below = 0;
        for (var s = 0; s < Count; s++)
        {
            var isNew = s == 0 || depth == Size - 1 || Differ(s, depth + 1);
            if (isNew)
            {
                element.Add(Members[s * Size + depth]);
                first.Add(below);
            }
            if (depth < Size - 1)
                below += s == 0 || depth + 1 == Size - 1 || Differ(s, depth + 2) ? 1 : 0;
        }
        first.Add(below);
        Element[depth] = [.. element];
        FirstChild[depth] = depth < Size - 1 ? [.. first] : [];
    }

    private bool Differ(int set, int length) =>
        !Members.AsSpan(set * Size, length).SequenceEqual(Members.AsSpan((set - 1) * Size, length));
}
