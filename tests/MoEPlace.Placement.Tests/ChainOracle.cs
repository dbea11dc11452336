using MoEPlace.Traces;

namespace MoEPlace.Placement.Tests;

/// <summary>The least crossings of one division into equal parts, by dynamic programming over all divisions of every layer.</summary>
internal static class ChainOracle
{
    internal static long LeastCrossings(RoutingCounts counts, int parts, int[][]? members = null)
    {
        members ??= [.. Enumerable.Repeat(Enumerable.Range(0, counts.Experts).ToArray(), counts.Layers)];
        var divisions = Divisions(members[0].Length, parts).ToArray();
        var best = new long[divisions.Length];
        for (var layer = 0; layer + 1 < counts.Layers; layer++)
        {
            var (from, to) = (members[layer], members[layer + 1]);
            best = [.. divisions.Select(next => divisions.Select((division, d) => best[d] + Crossings(counts, layer, from, division, to, next)).Min())];
        }
        return best.Min();
    }

    private static long Crossings(RoutingCounts counts, int layer, int[] from, int[] fromPart, int[] to, int[] toPart)
    {
        var sum = 0L;
        for (var a = 0; a < from.Length; a++)
            for (var b = 0; b < to.Length; b++)
                if (fromPart[a] != toPart[b])
                    sum += counts.Transitions(layer)[from[a] * counts.Experts + to[b]];
        return sum;
    }

    internal static IEnumerable<int[]> Divisions(int size, int parts)
    {
        var partOf = new int[size];
        var left = Enumerable.Repeat(size / parts, parts).ToArray();
        return From(0);

        IEnumerable<int[]> From(int i)
        {
            if (i == size)
            {
                yield return [.. partOf];
                yield break;
            }
            for (var part = 0; part < parts; part++)
            {
                if (left[part] == 0)
                    continue;
                left[part]--;
                partOf[i] = part;
                foreach (var division in From(i + 1))
                    yield return division;
                left[part]++;
            }
        }
    }
}
