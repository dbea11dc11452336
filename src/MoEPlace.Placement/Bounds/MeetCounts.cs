using System.Numerics;
using MoEPlace.Traces;

namespace MoEPlace.Placement.Bounds;

/// <summary>
/// How many tokens of a layer have an expert in a set, for every set and every group of tokens: one bit for each token and expert, the
/// tokens of a group side by side.
/// </summary>
internal sealed class MeetCounts
{
    private readonly ulong[][] bits;
    private readonly int[] firstWord;

    /// <param name="experts">[tokens, topK] choices in one layer.</param>
    /// <param name="topK">Choices of a token.</param>
    /// <param name="count">Experts of the layer.</param>
    /// <param name="group">[tokens] the group of each token.</param>
    /// <param name="groups">Number of groups.</param>
    public MeetCounts(ReadOnlySpan<ushort> experts, int topK, int count, ReadOnlySpan<int> group, int groups)
    {
        var size = new int[groups];
        foreach (var g in group)
            size[g]++;
        firstWord = new int[groups + 1];
        for (var g = 0; g < groups; g++)
            firstWord[g + 1] = firstWord[g] + (size[g] + 63) / 64;
        bits = [.. Enumerable.Range(0, count).Select(_ => new ulong[firstWord[groups]])];
        Array.Clear(size);
        for (var t = 0; t < group.Length; t++)
        {
            var at = size[group[t]]++;
            foreach (var e in experts.Slice(t * topK, topK))
                if (e != RoutingTrace.NoExpert)
                    bits[e][firstWord[group[t]] + at / 64] |= 1UL << (at % 64);
        }
    }

    /// <summary>Words that a count of all sets reads.</summary>
    public long Words => firstWord[^1];

    /// <summary>[groups, width] the tokens of each group that have an expert in each set.</summary>
    /// <param name="sets">The sets.</param>
    /// <param name="width">Length of a row, at least the number of sets.</param>
    public int[] Count(SubsetList sets, int width)
    {
        var counts = new int[(firstWord.Length - 1) * width];
        var united = Enumerable.Range(0, sets.Size).Select(_ => new ulong[firstWord[^1]]).ToArray();
        for (var s = 0; s < sets.Count; s++)
        {
            var members = sets.Members.AsSpan(s * sets.Size, sets.Size);
            var depth = 0;
            while (s > 0 && depth < sets.Size - 1 && members[depth] == sets.Members[(s - 1) * sets.Size + depth])
                depth++;
            for (; depth < sets.Size - 1; depth++)
                Unite(depth == 0 ? [] : united[depth - 1], bits[members[depth]], united[depth]);
            Tally(sets.Size == 1 ? [] : united[sets.Size - 2], bits[members[^1]], counts, s, width);
        }
        return counts;
    }

    private static void Unite(ulong[] with, ulong[] expert, ulong[] into)
    {
        if (with.Length == 0)
            expert.CopyTo(into, 0);
        else
            for (var w = 0; w < into.Length; w++)
                into[w] = with[w] | expert[w];
    }

    private void Tally(ulong[] with, ulong[] expert, int[] counts, int set, int width)
    {
        for (var g = 0; g + 1 < firstWord.Length; g++)
        {
            var sum = 0;
            if (with.Length == 0)
                for (var w = firstWord[g]; w < firstWord[g + 1]; w++)
                    sum += BitOperations.PopCount(expert[w]);
            else
                for (var w = firstWord[g]; w < firstWord[g + 1]; w++)
                    sum += BitOperations.PopCount(with[w] | expert[w]);
            counts[g * width + set] = sum;
        }
    }
}
