using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MoEPlace.Placement.Copies;

/// <summary>
/// Copies between groups of parts (the ranks, or the nodes), counted on the tokens. For every group the tokens that have no item there
/// and those that have at most one are kept as bits; what an item costs on a group is then the bits in common with its own. Such counts
/// are made when they are asked for and kept until the group changes.
/// </summary>
internal sealed unsafe class CopyTier
{
    private const int Stale = int.MinValue;
    private readonly TokenBits tokens;
    private readonly CopyItems items;
    private readonly int partsPerGroup;
    private readonly int words;
    private readonly bool moving;
    private readonly bool both;
    private readonly int factor;
    private readonly BitRows attracted;
    private readonly BitRows? none;
    private readonly BitRows? one;
    private readonly BitRows noneAway;
    private readonly BitRows oneAway;
    private readonly int[] join;
    private readonly int[] next;
    private readonly int[] topBits;
    private readonly int[][] linksFrom;
    private readonly int[][] linksTo;
    private readonly nint[] members;

    /// <param name="tokens">The recording.</param>
    /// <param name="items">What is divided; their parts are read, never changed.</param>
    /// <param name="parts">Parts, a multiple of the groups.</param>
    /// <param name="groups">Groups of consecutive parts, a divisor of the ranks of the recording's homes.</param>
    public CopyTier(TokenBits tokens, CopyItems items, int parts, int groups)
    {
        (this.tokens, this.items, Groups, partsPerGroup, words) = (tokens, items, groups, parts / groups, tokens.Words);
        moving = tokens.Measure != CopyMeasure.Home;
        both = tokens.Measure == CopyMeasure.Coherent;
        factor = tokens.Measure == CopyMeasure.Home ? 2 : 1;
        var rows = items.Layers * groups;
        attracted = new BitRows(moving ? rows : groups, words);
        (none, one) = moving ? (new BitRows(rows, words), new BitRows(rows, words)) : (null, null);
        (noneAway, oneAway) = (new BitRows(rows, words), new BitRows(rows, words));
        join = new int[rows * items.Count];
        next = new int[moving ? rows * items.Count : 0];
        topBits = new int[moving ? items.Layers * items.Count : 0];
        members = new nint[items.Count];
        linksFrom = Links((at, other) => at < other && tokens.Links(at, other, out _));
        linksTo = Links((at, other) => other < at && tokens.Links(other, at, out _));
    }

    public int Groups { get; }

    /// <summary>The group of a part.</summary>
    public int GroupOf(int part) => part / partsPerGroup;

    /// <summary>Reads a layer anew: its items may be others, and on other parts.</summary>
    public void Reset(int layer)
    {
        for (var group = 0; group < Groups; group++)
            Fill(layer, group);
        if (!moving)
            return;
        next.AsSpan(layer * Groups * items.Count, Groups * items.Count).Fill(Stale);
        CountTop(layer);
        foreach (var to in linksFrom[layer])
        {
            FillAttracted(to);
            for (var group = 0; group < Groups; group++)
                Attract(to, group, attracted.Row(to * Groups + group), attracted.Row(to * Groups + group), null);
        }
    }

    /// <summary>
    /// [parts, groups] receives what it saves to put all that stands on a part of a layer onto a group instead, were it alone there.
    /// </summary>
    public void Fit(int layer, Span<long> saved)
    {
        for (var part = 0; part < Groups; part++)
        {
            var count = Gather(layer, part);
            for (var group = 0; group < Groups; group++)
            {
                var sum = 0L;
                var here = Attracted(layer, group);
                for (var w = 0; w < words; w++)
                {
                    var any = 0UL;
                    for (var m = 0; m < count; m++)
                        any |= ((ulong*)members[m])[w];
                    sum += factor * (long)ulong.PopCount(any & here[w]);
                }
                for (var i = 0; moving && i < items.Count; i++)
                    if (GroupOf(items.PartOf[layer * items.Count + i]) == part)
                        sum += Next(layer, group, i);
                saved[part * Groups + group] = sum;
            }
        }
    }

    /// <summary>The layers whose attractors a layer decides.</summary>
    public ReadOnlySpan<int> Follows(int layer) => linksFrom[layer];

    /// <summary>Reads all layers anew.</summary>
    public void Reset()
    {
        for (var layer = 0; layer < items.Layers; layer++)
            if (moving || layer == 0)
                FillAttracted(layer);
        for (var layer = 0; layer < items.Layers; layer++)
        {
            for (var group = 0; group < Groups; group++)
                Fill(layer, group);
            CountTop(layer);
        }
    }

    /// <summary>What a layer counts, from the bits of its items.</summary>
    public long Cost(int layer)
    {
        var cost = -tokens.Surplus[layer];
        for (var group = 0; group < Groups; group++)
        {
            var count = Gather(layer, group);
            var here = Attracted(layer, group);
            for (var w = 0; w < words; w++)
            {
                var any = 0UL;
                for (var m = 0; m < count; m++)
                    any |= ((ulong*)members[m])[w];
                cost += (both ? 2 : factor) * (long)ulong.PopCount(any) - factor * (long)ulong.PopCount(any & here[w]);
            }
        }
        return cost;
    }

    /// <summary>The least that swapping two items of a layer, on different groups, can change the count by; <see cref="Overlap"/> is missing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int LeastChange(int layer, int a, int b, int groupA, int groupB)
    {
        var change = Join(layer, groupB, a) + Join(layer, groupA, b) - Join(layer, groupA, a) - Join(layer, groupB, b);
        if (moving)
            change += Next(layer, groupA, a) + Next(layer, groupB, b) - Next(layer, groupB, a) - Next(layer, groupA, b);
        return change;
    }

    /// <summary>What is missing in <see cref="LeastChange"/>: tokens of both items that keep their place on a group.</summary>
    public int Overlap(int layer, int a, int b, int groupA, int groupB)
    {
        var x = items.Chosen(layer * items.Count + a);
        var y = items.Chosen(layer * items.Count + b);
        var (p, q) = (layer * Groups + groupA, layer * Groups + groupB);
        return both
            ? BitSums.Overlap(x, y, one!.Row(p), oneAway.Row(p), words) + BitSums.Overlap(x, y, one.Row(q), oneAway.Row(q), words)
            : factor * BitSums.Overlap(x, y, oneAway.Row(p), oneAway.Row(q), words);
    }

    /// <summary>Takes note that two items of a layer have changed places; their parts are the new ones.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="a">Was on <paramref name="groupA"/>, is on <paramref name="groupB"/>.</param>
    /// <param name="b">The other way.</param>
    /// <param name="groupA">A group.</param>
    /// <param name="groupB">Another group.</param>
    public void Swapped(int layer, int a, int b, int groupA, int groupB)
    {
        Fill(layer, groupA);
        Fill(layer, groupB);
        if (!moving)
            return;
        var topA = items.Top(layer * items.Count + a);
        var topB = items.Top(layer * items.Count + b);
        foreach (var to in linksFrom[layer])
        {
            tokens.Links(layer, to, out var mask);
            Attract(to, groupA, topA, topB, mask);
            Attract(to, groupB, topB, topA, mask);
        }
    }

    private ulong* Attracted(int layer, int group) => attracted.Row(moving ? layer * Groups + group : group);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Join(int layer, int group, int item)
    {
        var value = join[(layer * Groups + group) * items.Count + item];
        return value != Stale ? value : CountJoin(layer, group, item);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Next(int layer, int group, int item)
    {
        var value = next[(layer * Groups + group) * items.Count + item];
        return value != Stale ? value : CountNext(layer, group, item);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int CountJoin(int layer, int group, int item)
    {
        var (row, cell) = (layer * Groups + group, layer * items.Count + item);
        var stays = GroupOf(items.PartOf[cell]) == group;
        var away = (stays ? oneAway : noneAway).Row(row);
        var x = items.Chosen(cell);
        var value = both ? BitSums.Common(x, (stays ? one! : none!).Row(row), away, words) : factor * BitSums.Common(x, away, words);
        return join[row * items.Count + item] = value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int CountNext(int layer, int group, int item)
    {
        var cell = layer * items.Count + item;
        var value = 0;
        foreach (var to in linksFrom[layer])
        {
            tokens.Links(layer, to, out var mask);
            var empty = none!.Row(to * Groups + group);
            value += mask is null
                ? topBits[cell] - BitSums.Common(items.Top(cell), empty, words)
                : BitSums.Common(items.Top(cell), mask.Row(0), words) - BitSums.Overlap(items.Top(cell), mask.Row(0), empty, empty, words) / 2;
        }
        return next[(layer * Groups + group) * items.Count + item] = value;
    }

    private int Gather(int layer, int group)
    {
        var count = 0;
        for (var i = 0; i < items.Count; i++)
            if (GroupOf(items.PartOf[layer * items.Count + i]) == group)
                members[count++] = (nint)items.Chosen(layer * items.Count + i);
        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Fill(int layer, int group)
    {
        var row = layer * Groups + group;
        var count = Gather(layer, group);
        var here = Attracted(layer, group);
        var away1 = noneAway.Row(row);
        var away2 = oneAway.Row(row);
        var plain1 = moving ? none!.Row(row) : null;
        var plain2 = moving ? one!.Row(row) : null;
        fixed (nint* member = members)
        {
            for (var w = 0; w < words; w += Vector512<ulong>.Count)
            {
                var (once, twice) = (Vector512<ulong>.Zero, Vector512<ulong>.Zero);
                for (var m = 0; m < count; m++)
                {
                    var chosen = Vector512.Load((ulong*)member[m] + w);
                    twice |= once & chosen;
                    once |= chosen;
                }
                var not = ~Vector512.Load(here + w);
                (once, twice) = (~once, ~twice);
                Vector512.Store(once & not, away1 + w);
                Vector512.Store(twice & not, away2 + w);
                if (plain1 == null)
                    continue;
                Vector512.Store(once, plain1 + w);
                Vector512.Store(twice, plain2 + w);
            }
        }
        join.AsSpan(row * items.Count, items.Count).Fill(Stale);
        foreach (var from in linksTo[layer])
            next.AsSpan((from * Groups + group) * items.Count, items.Count).Fill(Stale);
    }

    /// <summary>A group no longer attracts some tokens of a layer, and others now.</summary>
    private void Attract(int layer, int group, ulong* less, ulong* more, BitRows? mask)
    {
        var row = layer * Groups + group;
        var here = attracted.Row(row);
        var plain1 = none!.Row(row);
        var plain2 = one!.Row(row);
        var away1 = noneAway.Row(row);
        var away2 = oneAway.Row(row);
        for (var w = 0; w < words; w += Vector512<ulong>.Count)
        {
            var among = mask is null ? Vector512<ulong>.AllBitsSet : Vector512.Load(mask.Row(0) + w);
            var now = (Vector512.Load(here + w) & ~(Vector512.Load(less + w) & among)) | (Vector512.Load(more + w) & among);
            Vector512.Store(now, here + w);
            Vector512.Store(Vector512.Load(plain1 + w) & ~now, away1 + w);
            Vector512.Store(Vector512.Load(plain2 + w) & ~now, away2 + w);
        }
        join.AsSpan(row * items.Count, items.Count).Fill(Stale);
    }

    private void FillAttracted(int layer)
    {
        for (var group = 0; group < Groups; group++)
            attracted.Span(moving ? layer * Groups + group : group).Clear();
        var ranksPerGroup = tokens.Home.Rows / Groups;
        for (var rank = 0; rank < tokens.Home.Rows; rank++)
            Or(Attracted(layer, rank / ranksPerGroup), tokens.Home.Row(rank), moving ? tokens.First.Row(layer) : tokens.Home.Row(rank));
        foreach (var from in linksTo[layer])
        {
            tokens.Links(from, layer, out var mask);
            for (var cell = from * items.Count; cell < (from + 1) * items.Count; cell++)
                Or(Attracted(layer, GroupOf(items.PartOf[cell])), items.Top(cell), mask is null ? items.Top(cell) : mask.Row(0));
        }
    }

    private void CountTop(int layer)
    {
        if (!moving)
            return;
        for (var cell = layer * items.Count; cell < (layer + 1) * items.Count; cell++)
            topBits[cell] = BitSums.Common(items.Top(cell), items.Top(cell), words);
    }

    private void Or(ulong* into, ulong* a, ulong* b)
    {
        for (var w = 0; w < words; w += Vector512<ulong>.Count)
            Vector512.Store(Vector512.Load(into + w) | (Vector512.Load(a + w) & Vector512.Load(b + w)), into + w);
    }

    private int[][] Links(Func<int, int, bool> linked) =>
        [.. Enumerable.Range(0, moving ? items.Layers : 0).Select(at => Enumerable.Range(0, items.Layers).Where(other => linked(at, other)).ToArray()),
            .. Enumerable.Repeat<int[]>([], moving ? 0 : items.Layers)];
}
