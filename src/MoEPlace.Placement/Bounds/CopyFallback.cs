using MoEPlace.Traces;

namespace MoEPlace.Placement.Bounds;

/// <summary>
/// The copies of a layer that no placement avoids, told without enumerating sets. By counting: k experts need ceil(k / C) parts, and of
/// those at most one is where the token comes from and one where it goes. By partners: a token's parts are its experts less those whose
/// part an expert of a lower number has too; an expert has at most C - 1 others on its part.
/// </summary>
/// <param name="tokens">The tokens.</param>
/// <param name="parts">Ranks or nodes.</param>
/// <param name="ranksPerPart">Ranks of each part.</param>
/// <param name="capacity">Slots of a part.</param>
internal sealed class CopyFallback(CopyTokens tokens, int parts, int ranksPerPart, int capacity)
{
    /// <summary>By counting alone, which holds with replicas too.</summary>
    public long Counted(int layer) => tokens.Distinct(layer).Sum(k => 2L * Math.Max(0, (k + capacity - 1) / capacity - 1));

    /// <summary>The better of counting and partners; each expert is on one part.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="coherent">Whether tokens stay with their top-1.</param>
    public long Least(int layer, bool coherent)
    {
        var n = tokens.Experts;
        var (earlier, load, met) = (new long[n * n], new long[n], new long[parts * n]);
        var (pairs, reached) = (0L, 0L);
        var distinct = tokens.Distinct(layer);
        for (var t = 0; t < distinct.Length; t++)
        {
            pairs += distinct[t];
            reached += distinct[t] > 0 ? 1 : 0;
            var choices = tokens.Choices[layer].AsSpan(t * tokens.TopK, tokens.TopK);
            for (var i = 0; i < choices.Length; i++)
            {
                if (choices[i] == RoutingTrace.NoExpert || choices[..i].Contains(choices[i]))
                    continue;
                load[choices[i]]++;
                met[tokens.Home[t] / ranksPerPart * n + choices[i]]++;
                for (var j = 0; j < i; j++)
                    if (choices[j] != RoutingTrace.NoExpert && choices[j] != choices[i] && !choices[..j].Contains(choices[j]))
                        earlier[Math.Max(choices[i], choices[j]) * n + Math.Min(choices[i], choices[j])]++;
            }
        }
        var saved = 0L;
        for (var a = 0; a < n; a++)
            saved += Math.Min(load[a], Largest(earlier.AsSpan(a * n, n), capacity - 1));
        var atHome = Math.Min(reached, Enumerable.Range(0, n).Sum(e => Enumerable.Range(0, parts).Max(p => met[p * n + e])));
        return Math.Max(Counted(layer), 2 * (pairs - saved) - (coherent ? 2 * reached : 2 * atHome));
    }

    private static long Largest(Span<long> values, int count)
    {
        values.Sort();
        var sum = 0L;
        for (var i = Math.Max(0, values.Length - count); i < values.Length; i++)
            sum += values[i];
        return sum;
    }
}
