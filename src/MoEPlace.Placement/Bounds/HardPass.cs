using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MoEPlace.Placement.Bounds;

/// <summary>
/// The best column under given prices, over all sets, exactly: dynamic programming along the layers in whole numbers. One step of it
/// weighs every set against every set of the next layer; the tree of prefixes makes that an addition and a maximum for each pair, and
/// vectors do 16 pairs at once.
/// </summary>
/// <param name="chain">The columns.</param>
/// <param name="stop">Asked between layers; once it says so what is filled means nothing.</param>
internal sealed class HardPass(ColumnChain chain, Func<bool> stop)
{
    private const int Lanes = ColumnChain.Block;
    private const int Wide = 4 * Lanes;

    /// <summary>[layers][padded sets] the best of a column up to and with a set, its price paid.</summary>
    public int[][] Forward { get; } = [.. chain.Unary.Select(u => new int[u.Length])];

    /// <summary>[layers][padded sets] the best of a column after a set.</summary>
    public int[][] Backward { get; } = [.. chain.Unary.Select(u => new int[u.Length])];

    /// <summary>The value of the best column less its prices; needs only what comes after each set.</summary>
    /// <param name="prices">[layers, experts] in units.</param>
    public long Best(int[] prices)
    {
        RunBackward(prices);
        var first = Reduced(0, prices, new int[chain.Unary[0].Length]);
        var best = long.MinValue;
        for (var s = 0; s < chain.Sets[0].Count; s++)
            best = Math.Max(best, (long)first[s] + Backward[0][s]);
        return best;
    }

    /// <summary>Fills <see cref="Backward"/>.</summary>
    public void RunBackward(int[] prices)
    {
        Backward[^1].AsSpan().Clear();
        for (var l = chain.Layers - 2; l >= 0 && !stop(); l--)
        {
            var next = Reduced(l + 1, prices, new int[chain.Unary[l + 1].Length]);
            for (var s = 0; s < next.Length; s++)
                next[s] = Math.Max(ColumnChain.Never, next[s] + Backward[l + 1][s]);
            var best = Backward[l];
            best.AsSpan().Fill(ColumnChain.Never);
            StepBackward(chain.Sets[l], chain.Rows[l], next, best);
        }
    }

    /// <summary>Fills <see cref="Forward"/>.</summary>
    public void RunForward(int[] prices)
    {
        Reduced(0, prices, Forward[0]);
        for (var l = 0; l + 1 < chain.Layers && !stop(); l++)
        {
            var to = Reduced(l + 1, prices, Forward[l + 1]);
            StepForward(chain.Sets[l], chain.Rows[l], Forward[l], to);
        }
    }

    /// <summary>What each set is worth by itself, less the prices of its experts.</summary>
    private int[] Reduced(int layer, int[] prices, int[] into)
    {
        var sets = chain.Sets[layer];
        chain.Unary[layer].CopyTo(into, 0);
        for (var s = 0; s < sets.Count; s++)
            for (var i = 0; i < sets.Size; i++)
                into[s] -= prices[layer * chain.Experts + sets.Members[s * sets.Size + i]];
        return into;
    }

    private void StepForward(SubsetList sets, int[] rows, int[] from, int[] to)
    {
        var width = to.Length;
        Span<int> near = new int[chain.Experts * Lanes];
        for (var at = 0; at < width; at += Lanes)
        {
            for (var a = 0; a < chain.Experts; a++)
                rows.AsSpan(a * width + at, Lanes).CopyTo(near[(a * Lanes)..]);
            BestOf(sets, 0, 0, sets.Element[0].Length, from, near, out var best);
            var target = MemoryMarshal.Cast<int, Vector512<int>>(to.AsSpan(at, Lanes));
            var least = Vector512.Create(ColumnChain.Never);
            target[0] = Vector512.Max(least, target[0] + best.A);
            target[1] = Vector512.Max(least, target[1] + best.B);
            target[2] = Vector512.Max(least, target[2] + best.C);
            target[3] = Vector512.Max(least, target[3] + best.D);
        }
    }

    /// <summary>For 64 sets of the next layer: the best over the sets below some prefixes of their value and their experts' rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void BestOf(
        SubsetList sets, int depth, int begin, int end, ReadOnlySpan<int> from, ReadOnlySpan<int> near, out FourVectors best)
    {
        var least = Vector512.Create(ColumnChain.Never);
        var (a, b, c, d) = (least, least, least, least);
        ref var rows = ref MemoryMarshal.GetReference(near);
        ref var values = ref MemoryMarshal.GetReference(from);
        var element = sets.Element[depth];
        if (depth == sets.Size - 1)
        {
            for (var s = begin; s < end; s++)
            {
                var value = Vector512.Create(Unsafe.Add(ref values, s));
                ref var row = ref Unsafe.Add(ref rows, element[s] * Lanes);
                a = Vector512.Max(a, value + Vector512.LoadUnsafe(ref row));
                b = Vector512.Max(b, value + Vector512.LoadUnsafe(ref row, 16));
                c = Vector512.Max(c, value + Vector512.LoadUnsafe(ref row, 32));
                d = Vector512.Max(d, value + Vector512.LoadUnsafe(ref row, 48));
            }
        }
        else if (depth == sets.Size - 2)
        {
            // The last two levels in one loop: runs of sets with the same prefix are short, and a call for each would cost as much again.
            var (children, last) = (sets.FirstChild[depth], sets.Element[depth + 1]);
            for (var node = begin; node < end; node++)
            {
                var (p, q, r, t) = (least, least, least, least);
                var to = children[node + 1];
                for (var s = children[node]; s < to; s++)
                {
                    var value = Vector512.Create(Unsafe.Add(ref values, s));
                    ref var leaf = ref Unsafe.Add(ref rows, last[s] * Lanes);
                    p = Vector512.Max(p, value + Vector512.LoadUnsafe(ref leaf));
                    q = Vector512.Max(q, value + Vector512.LoadUnsafe(ref leaf, 16));
                    r = Vector512.Max(r, value + Vector512.LoadUnsafe(ref leaf, 32));
                    t = Vector512.Max(t, value + Vector512.LoadUnsafe(ref leaf, 48));
                }
                ref var row = ref Unsafe.Add(ref rows, element[node] * Lanes);
                a = Vector512.Max(a, p + Vector512.LoadUnsafe(ref row));
                b = Vector512.Max(b, q + Vector512.LoadUnsafe(ref row, 16));
                c = Vector512.Max(c, r + Vector512.LoadUnsafe(ref row, 32));
                d = Vector512.Max(d, t + Vector512.LoadUnsafe(ref row, 48));
            }
        }
        else
        {
            var children = sets.FirstChild[depth];
            for (var node = begin; node < end; node++)
            {
                BestOf(sets, depth + 1, children[node], children[node + 1], from, near, out var below);
                ref var row = ref Unsafe.Add(ref rows, element[node] * Lanes);
                a = Vector512.Max(a, below.A + Vector512.LoadUnsafe(ref row));
                b = Vector512.Max(b, below.B + Vector512.LoadUnsafe(ref row, 16));
                c = Vector512.Max(c, below.C + Vector512.LoadUnsafe(ref row, 32));
                d = Vector512.Max(d, below.D + Vector512.LoadUnsafe(ref row, 48));
            }
        }
        best = new FourVectors(a, b, c, d);
    }

    private void StepBackward(SubsetList sets, int[] rows, int[] next, int[] best)
    {
        var width = next.Length;
        var near = new int[chain.Experts * Wide];
        var sums = new int[(sets.Size + 1) * Wide];
        for (var at = 0; at < width; at += Wide)
        {
            var taken = Math.Min(Wide, width - at);
            sums.AsSpan(0, Wide).Fill(ColumnChain.Never);
            next.AsSpan(at, taken).CopyTo(sums);
            for (var a = 0; a < chain.Experts; a++)
                rows.AsSpan(a * width + at, taken).CopyTo(near.AsSpan(a * Wide));
            Descend(sets, 0, 0, sets.Element[0].Length, near, sums, best);
        }
    }

    /// <summary>Raises <paramref name="best"/> to the best of 256 sets of the next layer, for every set below some prefixes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Descend(SubsetList sets, int depth, int begin, int end, int[] near, int[] sums, int[] best)
    {
        var element = sets.Element[depth];
        ref var sum = ref sums[depth * Wide];
        if (depth == sets.Size - 1)
        {
            for (var s = begin; s < end; s++)
            {
                ref var row = ref near[element[s] * Wide];
                var (a, b) = (Vector512.Create(ColumnChain.Never), Vector512.Create(ColumnChain.Never));
                for (nuint i = 0; i < Wide; i += 32)
                {
                    a = Vector512.Max(a, Vector512.LoadUnsafe(ref sum, i) + Vector512.LoadUnsafe(ref row, i));
                    b = Vector512.Max(b, Vector512.LoadUnsafe(ref sum, i + 16) + Vector512.LoadUnsafe(ref row, i + 16));
                }
                best[s] = Math.Max(best[s], Largest(Vector512.Max(a, b)));
            }
            return;
        }
        var children = sets.FirstChild[depth];
        ref var deeper = ref sums[(depth + 1) * Wide];
        for (var node = begin; node < end; node++)
        {
            ref var row = ref near[element[node] * Wide];
            for (nuint i = 0; i < Wide; i += 16)
                (Vector512.LoadUnsafe(ref sum, i) + Vector512.LoadUnsafe(ref row, i)).StoreUnsafe(ref deeper, i);
            Descend(sets, depth + 1, children[node], children[node + 1], near, sums, best);
        }
    }

    private static int Largest(Vector512<int> v)
    {
        var w = Vector256.Max(v.GetLower(), v.GetUpper());
        var x = Vector128.Max(w.GetLower(), w.GetUpper());
        x = Vector128.Max(x, Vector128.Shuffle(x, Vector128.Create(2, 3, 0, 1)));
        return Math.Max(x.ToScalar(), x.GetElement(1));
    }

    private readonly struct FourVectors(Vector512<int> a, Vector512<int> b, Vector512<int> c, Vector512<int> d)
    {
        public readonly Vector512<int> A = a, B = b, C = c, D = d;
    }
}
