using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MoEPlace.Placement.Bounds;

/// <summary>
/// The smoothed dual of the column bound: prices + ranks x softmax over columns of value less prices, and
/// its gradient, 1 - ranks x (share of the columns that hold an expert). Sums over columns run along the layers (forward and backward
/// algorithm), in powers of 2 and single precision: what comes out steers the prices and proves nothing.
/// </summary>
internal sealed class SoftPass
{
    private const int Lanes = ColumnChain.Block;
    private const float None = -1e9f;

    /// <summary>2 to the power of this adds nothing to 1.</summary>
    private const float Nothing = -40;

    /// <summary>1.5 x 2^23: added and taken away again it rounds to whole numbers, which then stand in the low bits.</summary>
    private const float Rounder = 12582912f;

    private readonly ColumnChain chain;
    private readonly SubsetList[] sets;
    private readonly int[][] unary;
    private readonly int[][] wholeRows;
    private readonly float[][] rows;
    private readonly float[][] price;
    private readonly float[][] forward;
    private readonly float[][] backward;
    private readonly float[][] forwardNear;
    private readonly float[][] backwardNear;
    private readonly float[] lanes;
    private readonly float[] after;
    private double perUnit;
    private double total;

    /// <param name="chain">The columns.</param>
    public SoftPass(ColumnChain chain)
    {
        this.chain = chain;
        (sets, unary, wholeRows) = (chain.Sets, chain.Unary, chain.Rows);
        rows = [.. wholeRows.Select(r => new float[r.Length])];
        price = Arrays();
        forward = Arrays();
        backward = Arrays();
        forwardNear = Arrays();
        backwardNear = Arrays();
        lanes = new float[chain.Experts * Lanes];
        after = new float[unary.Max(u => u.Length)];

        float[][] Arrays() => [.. unary.Select(u => new float[u.Length])];
    }

    /// <summary>Sets the temperature: a column that is worth this many units less weighs 1/e as much.</summary>
    public void Cool(double temperature)
    {
        perUnit = 1 / (temperature * Math.Log(2));
        for (var l = 0; l < rows.Length; l++)
            for (var i = 0; i < rows[l].Length; i++)
                rows[l][i] = (float)(wholeRows[l][i] * perUnit);
        foreach (var near in forwardNear.Concat(backwardNear))
            near.AsSpan().Fill(float.NaN);
    }

    /// <summary>The smoothed dual at some prices.</summary>
    /// <param name="prices">[layers, experts] in units.</param>
    /// <param name="gradient">[layers, experts] receives the gradient.</param>
    /// <returns>Its value in units.</returns>
    public double Evaluate(double[] prices, double[] gradient)
    {
        var sum = 0.0;
        foreach (var p in prices)
            sum += p;
        for (var l = 0; l < sets.Length; l++)
            Reduce(l, prices);
        var other = Task.Run(RunBackward);
        RunForward();
        other.Wait();
        for (var l = 0; l < sets.Length; l++)
            Differentiate(l, gradient.AsSpan(l * chain.Experts, chain.Experts));
        return sum + chain.Ranks * total / perUnit;
    }

    private void Reduce(int layer, double[] prices)
    {
        var (list, into) = (sets[layer], price[layer]);
        var ofLayer = prices.AsSpan(layer * chain.Experts, chain.Experts);
        into.AsSpan().Fill(None);
        for (var s = 0; s < list.Count; s++)
        {
            double value = unary[layer][s];
            foreach (var e in list.Members.AsSpan(s * list.Size, list.Size))
                value -= ofLayer[e];
            into[s] = (float)(value * perUnit);
        }
    }

    private void RunForward()
    {
        total = 0;
        price[0].CopyTo(forward[0], 0);
        for (var l = 0; ; l++)
        {
            total += Normalize(forward[l]);
            if (l == sets.Length - 1)
                break;
            var (list, from, to, near) = (sets[l], forward[l], forward[l + 1], forwardNear[l + 1]);
            for (var at = 0; at < to.Length; at += Lanes)
                StepForward(list, rows[l], from, near, at);
            for (var s = 0; s < to.Length; s++)
                to[s] = near[s] + price[l + 1][s];
        }
        var weight = 0.0;
        foreach (var f in forward[^1])
            if (f > Nothing)
                weight += MathF.Pow(2, f);
        total += Math.Log2(weight);
    }

    private void RunBackward()
    {
        backward[^1].AsSpan().Clear();
        for (var l = sets.Length - 2; l >= 0; l--)
        {
            var next = after.AsSpan(0, price[l + 1].Length);
            for (var s = 0; s < next.Length; s++)
                next[s] = price[l + 1][s] + backward[l + 1][s];
            Normalize(next);
            StepBackward(sets[l], rows[l], next, backwardNear[l]);
            backwardNear[l].AsSpan(0, sets[l].Count).CopyTo(backward[l]);
            Normalize(backward[l].AsSpan(0, sets[l].Count));
        }
    }

    private static float Normalize(Span<float> values)
    {
        var most = float.NegativeInfinity;
        foreach (var v in values)
            most = Math.Max(most, v);
        foreach (ref var v in values)
            v -= most;
        return most;
    }

    /// <summary>For 64 sets: the logarithm of the sum over the sets before. In <paramref name="near"/> that of the last time, or NaN.</summary>
    private void StepForward(SubsetList list, float[] row, float[] from, float[] near, int at)
    {
        var width = near.Length;
        for (var a = 0; a < chain.Experts; a++)
            row.AsSpan(a * width + at, Lanes).CopyTo(lanes.AsSpan(a * Lanes));
        var around = MemoryMarshal.Cast<float, Vector512<float>>(near.AsSpan(at, Lanes));
        Span<Vector512<float>> sum = stackalloc Vector512<float>[4];
        for (var attempt = 0; ; attempt++)
        {
            if (attempt > 0 || float.IsNaN(near[at]))
                SweepForward(list, from, lanes, around, around, largest: true);
            SweepForward(list, from, lanes, around, sum, largest: false);
            if (attempt > 0 || InRange(sum))
                break;
        }
        for (var i = 0; i < 4; i++)
            around[i] += Vector512.Log2(sum[i]);
    }

    private static bool InRange(ReadOnlySpan<Vector512<float>> sums)
    {
        foreach (var sum in sums)
            if (!Vector512.GreaterThanAll(sum, Vector512.Create(1e-15f)) || !Vector512.LessThanAll(sum, Vector512.Create(1e15f)))
                return false;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SweepForward(
        SubsetList list, float[] from, float[] lanes, Span<Vector512<float>> around, Span<Vector512<float>> result, bool largest)
    {
        var start = Vector512.Create(largest ? float.NegativeInfinity : 0f);
        var (a, b, c, d) = (start, start, start, start);
        var (na, nb, nc, nd) = (around[0], around[1], around[2], around[3]);
        ref var rows = ref MemoryMarshal.GetArrayDataReference(lanes);
        ref var member = ref MemoryMarshal.GetArrayDataReference(list.Members);
        for (var s = 0; s < list.Count; s++)
        {
            var w = Vector512.Create(from[s]);
            var (x, y, z) = (w, w, w);
            for (var i = 0; i < list.Size; i++, member = ref Unsafe.Add(ref member, 1))
            {
                ref var row = ref Unsafe.Add(ref rows, member * Lanes);
                w += Vector512.LoadUnsafe(ref row);
                x += Vector512.LoadUnsafe(ref row, 16);
                y += Vector512.LoadUnsafe(ref row, 32);
                z += Vector512.LoadUnsafe(ref row, 48);
            }
            if (largest)
                (a, b, c, d) = (Vector512.Max(a, w), Vector512.Max(b, x), Vector512.Max(c, y), Vector512.Max(d, z));
            else
                (a, b, c, d) = (a + Power(w - na), b + Power(x - nb), c + Power(y - nc), d + Power(z - nd));
        }
        (result[0], result[1], result[2], result[3]) = (a, b, c, d);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StepBackward(SubsetList list, float[] rows, ReadOnlySpan<float> next, float[] near)
    {
        var width = (nuint)next.Length;
        ref var start = ref MemoryMarshal.GetReference(next);
        ref var row = ref MemoryMarshal.GetArrayDataReference(rows);
        Span<nuint> offsets = stackalloc nuint[list.Size];
        for (var s = 0; s < list.Count; s++)
        {
            for (var i = 0; i < list.Size; i++)
                offsets[i] = list.Members[s * list.Size + i] * width;
            var sum = float.IsNaN(near[s]) ? 0 : Sum(ref start, ref row, offsets, width, near[s]);
            if (!(sum > 1e-15f && sum < 1e15f))
            {
                near[s] = Most(ref start, ref row, offsets, width);
                sum = Sum(ref start, ref row, offsets, width, near[s]);
            }
            near[s] += MathF.Log2(sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(ref float start, ref float row, ReadOnlySpan<nuint> offsets, nuint width, float near)
    {
        var around = Vector512.Create(near);
        var (a, b) = (Vector512<float>.Zero, Vector512<float>.Zero);
        for (nuint at = 0; at < width; at += 32)
        {
            var x = Vector512.LoadUnsafe(ref start, at) - around;
            var y = Vector512.LoadUnsafe(ref start, at + 16) - around;
            foreach (var offset in offsets)
            {
                x += Vector512.LoadUnsafe(ref row, offset + at);
                y += Vector512.LoadUnsafe(ref row, offset + at + 16);
            }
            a += Power(x);
            b += Power(y);
        }
        return Vector512.Sum(a + b);
    }

    private static float Most(ref float start, ref float row, ReadOnlySpan<nuint> offsets, nuint width)
    {
        var most = Vector512.Create(float.NegativeInfinity);
        for (nuint at = 0; at < width; at += 16)
        {
            var x = Vector512.LoadUnsafe(ref start, at);
            foreach (var offset in offsets)
                x += Vector512.LoadUnsafe(ref row, offset + at);
            most = Vector512.Max(most, x);
        }
        var largest = float.NegativeInfinity;
        for (var i = 0; i < 16; i++)
            largest = Math.Max(largest, most[i]);
        return largest;
    }

    /// <summary>2 to the power of x, relative error 4e-6; x below -120 counts as -120, above 120 as 120.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Power(Vector512<float> x)
    {
        x = Vector512.Min(Vector512.Max(x, Vector512.Create(-120f)), Vector512.Create(120f));
        var shifted = x + Vector512.Create(Rounder);
        var r = x - (shifted - Vector512.Create(Rounder));
        var p = Vector512.FusedMultiplyAdd(r, Vector512.Create(0.009618129f), Vector512.Create(0.05550411f));
        p = Vector512.FusedMultiplyAdd(r, p, Vector512.Create(0.24022651f));
        p = Vector512.FusedMultiplyAdd(r, p, Vector512.Create(0.69314718f));
        p = Vector512.FusedMultiplyAdd(r, p, Vector512<float>.One);
        return (p.AsInt32() + Vector512.ShiftLeft(shifted.AsInt32(), 23)).AsSingle();
    }

    private void Differentiate(int layer, Span<double> gradient)
    {
        var (list, f, b) = (sets[layer], forward[layer], backward[layer]);
        gradient.Clear();
        var (sum, most) = (0.0, float.NegativeInfinity);
        for (var s = 0; s < list.Count; s++)
            most = Math.Max(most, f[s] + b[s]);
        for (var s = 0; s < list.Count; s++)
        {
            var power = f[s] + b[s] - most;
            if (power < Nothing)
                continue;
            var weight = MathF.Pow(2, power);
            sum += weight;
            for (var i = 0; i < list.Size; i++)
                gradient[list.Members[s * list.Size + i]] += weight;
        }
        foreach (ref var g in gradient)
            g = 1 - chain.Ranks * g / sum;
    }
}
