using MathNet.Numerics.LinearAlgebra;

namespace MoEPlace.Placement.Policies;

/// <summary>
/// Spectral clustering into groups of equal size (Ng, Jordan and Weiss 2001): the items become the rows of the leading eigenvectors of the
/// normalised affinity D^-1/2 A D^-1/2, scaled to length 1, and are clustered by k-means from centres that are far apart; the clusters are
/// cut to equal size, and swaps keep more affinity inside groups until none does.
/// </summary>
internal static class SpectralGrouping
{
    private const int Rounds = 32;

    /// <summary>Groups items.</summary>
    /// <param name="affinity">[items, items] symmetric, 0 or more; the diagonal plays no part.</param>
    /// <param name="items">Items, a multiple of <paramref name="groups"/>.</param>
    /// <param name="groups">Groups.</param>
    /// <returns>[items] the group of each; groups are numbered by their first item.</returns>
    internal static int[] Group(long[] affinity, int items, int groups)
    {
        var groupOf = new int[items];
        if (groups > 1 && groups < items)
        {
            var points = Embed(affinity, items, groups);
            var centres = FarthestFirst(points, affinity, items, groups);
            for (var round = 0; round < Rounds && MoveCentres(points, centres, items, groups, groupOf); round++)
            {
            }
            CutToSize(points, centres, items, groups, groupOf);
            Improve(affinity, items, groups, groupOf);
        }
        else
        {
            for (var i = 0; i < items; i++)
                groupOf[i] = i * groups / items;
        }
        NumberByFirstItem(groupOf, groups);
        return groupOf;
    }

    /// <summary>Affinity inside groups, each pair once.</summary>
    internal static long Inside(ReadOnlySpan<long> affinity, ReadOnlySpan<int> groupOf)
    {
        var sum = 0L;
        for (var a = 0; a < groupOf.Length; a++)
            for (var b = 0; b < a; b++)
                if (groupOf[a] == groupOf[b])
                    sum += affinity[a * groupOf.Length + b];
        return sum;
    }

    /// <summary>[items, groups] the coordinates of the items; an item without affinity is at the origin.</summary>
    private static double[] Embed(long[] affinity, int items, int groups)
    {
        var scale = new double[items];
        for (var i = 0; i < items; i++)
            scale[i] = Degree(affinity, items, i) is > 0 and var degree ? 1 / Math.Sqrt(degree) : 0;
        var normalised = Matrix<double>.Build.Dense(
            items, items, (a, b) => a == b ? 0 : scale[a] * affinity[a * items + b] * scale[b]);
        // Eigenvalues come rising.
        var vectors = normalised.Evd(Symmetricity.Symmetric).EigenVectors;
        var points = new double[items * groups];
        for (var i = 0; i < items; i++)
        {
            var row = points.AsSpan(i * groups, groups);
            var square = 0.0;
            for (var g = 0; g < groups; g++)
            {
                row[g] = scale[i] > 0 ? vectors[i, items - 1 - g] : 0;
                square += row[g] * row[g];
            }
            for (var g = 0; g < groups && square > 0; g++)
                row[g] /= Math.Sqrt(square);
        }
        return points;
    }

    /// <summary>[groups, groups] the item with the most affinity, then always the one farthest from the centres so far.</summary>
    private static double[] FarthestFirst(double[] points, long[] affinity, int items, int groups)
    {
        var centres = new double[groups * groups];
        var nearest = new double[items];
        var next = 0;
        for (var i = 1; i < items; i++)
            if (Degree(affinity, items, i) > Degree(affinity, items, next))
                next = i;
        Array.Fill(nearest, double.PositiveInfinity);
        for (var g = 0; g < groups; g++)
        {
            points.AsSpan(next * groups, groups).CopyTo(centres.AsSpan(g * groups));
            next = 0;
            for (var i = 0; i < items; i++)
            {
                nearest[i] = Math.Min(nearest[i], Distance(points, i, centres, g, groups));
                if (nearest[i] > nearest[next])
                    next = i;
            }
        }
        return centres;
    }

    /// <summary>One round of k-means; false when no item changed its cluster. A cluster without items keeps its centre.</summary>
    private static bool MoveCentres(double[] points, double[] centres, int items, int groups, int[] groupOf)
    {
        var changed = false;
        var sums = new double[groups * groups];
        var counts = new int[groups];
        for (var i = 0; i < items; i++)
        {
            var best = 0;
            for (var g = 1; g < groups; g++)
                if (Distance(points, i, centres, g, groups) < Distance(points, i, centres, best, groups))
                    best = g;
            changed |= groupOf[i] != best;
            groupOf[i] = best;
            counts[best]++;
            for (var c = 0; c < groups; c++)
                sums[best * groups + c] += points[i * groups + c];
        }
        for (var g = 0; g < groups; g++)
            for (var c = 0; c < groups && counts[g] > 0; c++)
                centres[g * groups + c] = sums[g * groups + c] / counts[g];
        return changed;
    }

    /// <summary>Gives items to centres, the nearest pair first, while there is room.</summary>
    private static void CutToSize(double[] points, double[] centres, int items, int groups, int[] groupOf)
    {
        var pairs = new (double Distance, int Item, int Group)[items * groups];
        for (var i = 0; i < items; i++)
            for (var g = 0; g < groups; g++)
                pairs[i * groups + g] = (Distance(points, i, centres, g, groups), i, g);
        Array.Sort(pairs);
        var room = new int[groups];
        Array.Fill(room, items / groups);
        Array.Fill(groupOf, -1);
        foreach (var (_, item, group) in pairs)
        {
            if (groupOf[item] >= 0 || room[group] == 0)
                continue;
            groupOf[item] = group;
            room[group]--;
        }
    }

    /// <summary>Swaps items of two groups while the affinity inside groups grows.</summary>
    private static void Improve(long[] affinity, int items, int groups, int[] groupOf)
    {
        var inside = new long[items * groups];
        for (var a = 0; a < items; a++)
            for (var b = 0; b < items; b++)
                inside[a * groups + groupOf[b]] += a == b ? 0 : affinity[a * items + b];
        for (var swapped = true; swapped;)
        {
            swapped = false;
            for (var a = 0; a < items; a++)
                for (var b = a + 1; b < items; b++)
                {
                    var (from, to) = (groupOf[a], groupOf[b]);
                    var gain = inside[a * groups + to] - inside[a * groups + from] + inside[b * groups + from] - inside[b * groups + to]
                        - 2 * affinity[a * items + b];
                    if (from == to || gain <= 0)
                        continue;
                    Swap(affinity, items, groups, inside, a, b, from, to);
                    (groupOf[a], groupOf[b]) = (to, from);
                    swapped = true;
                }
        }
    }

    private static void Swap(long[] affinity, int items, int groups, long[] inside, int a, int b, int from, int to)
    {
        for (var i = 0; i < items; i++)
        {
            var shift = (i == b ? 0 : affinity[i * items + b]) - (i == a ? 0 : affinity[i * items + a]);
            inside[i * groups + from] += shift;
            inside[i * groups + to] -= shift;
        }
    }

    private static void NumberByFirstItem(int[] groupOf, int groups)
    {
        var number = new int[groups];
        Array.Fill(number, -1);
        var next = 0;
        for (var i = 0; i < groupOf.Length; i++)
        {
            if (number[groupOf[i]] < 0)
                number[groupOf[i]] = next++;
            groupOf[i] = number[groupOf[i]];
        }
    }

    private static double Degree(long[] affinity, int items, int item)
    {
        var sum = 0L;
        for (var b = 0; b < items; b++)
            sum += b == item ? 0 : affinity[item * items + b];
        return sum;
    }

    private static double Distance(double[] points, int item, double[] centres, int group, int groups)
    {
        var sum = 0.0;
        for (var c = 0; c < groups; c++)
        {
            var d = points[item * groups + c] - centres[group * groups + c];
            sum += d * d;
        }
        return sum;
    }
}
