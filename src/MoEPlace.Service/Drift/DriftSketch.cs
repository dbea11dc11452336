using MoEPlace.Traces;

namespace MoEPlace.Service.Drift;

/// <summary>
/// Which entry of a vector counts an expert's load, or a pair of top-1 experts of adjacent layers. Where there are more of them than entries, several
/// share an entry, each with a sign of its own, so that distances stay what they are on average (the count sketch of Charikar, Chen and
/// Farach-Colton 2002; as a hash kernel in Weinberger et al. 2009).
/// </summary>
internal sealed class DriftSketch
{
    private const int MostEntries = 2_048;
    private const ulong OddMultiplier = 0x9E3779B97F4A7C15;
    private readonly int layers, experts, topK;
    private readonly bool exactLoad, exactPairs;

    internal DriftSketch(MoEModel model)
    {
        (layers, experts, topK) = (model.Layers, model.Experts, model.TopK);
        var (loads, pairs) = ((long)layers * experts, (long)(layers - 1) * experts * experts);
        (exactLoad, exactPairs) = (loads <= MostEntries, pairs <= MostEntries);
        LoadEntries = exactLoad ? (int)loads : MostEntries;
        PairEntries = exactPairs ? (int)pairs : MostEntries;
    }

    /// <summary>Entries of a vector of loads.</summary>
    internal int LoadEntries { get; }

    /// <summary>Entries of a vector of pairs.</summary>
    internal int PairEntries { get; }

    /// <summary>Adds a token.</summary>
    /// <param name="choices">[layers, topK] by falling weight.</param>
    /// <param name="load">[LoadEntries] where loads are added.</param>
    /// <param name="pairs">[PairEntries] where pairs are added.</param>
    internal void Add(ReadOnlySpan<ushort> choices, Span<float> load, Span<float> pairs)
    {
        var before = RoutingTrace.NoExpert;
        for (var layer = 0; layer < layers; layer++)
        {
            var top = RoutingTrace.NoExpert;
            foreach (var expert in choices.Slice(layer * topK, topK))
            {
                if (expert == RoutingTrace.NoExpert)
                    continue;
                if (top == RoutingTrace.NoExpert)
                    top = expert;
                Count(load, exactLoad, (ulong)(layer * experts + expert), 1);
            }
            if (top != RoutingTrace.NoExpert && before != RoutingTrace.NoExpert)
                Count(pairs, exactPairs, ((ulong)(layer - 1) * (ulong)experts + before) * (ulong)experts + top, 1);
            before = top;
        }
    }

    /// <summary>Adds loads.</summary>
    /// <param name="counts">[layers, experts].</param>
    /// <param name="load">[LoadEntries] where they are added.</param>
    internal void Add(ReadOnlySpan<int> counts, Span<float> load)
    {
        for (var cell = 0; cell < layers * experts; cell++)
            if (counts[cell] != 0)
                Count(load, exactLoad, (ulong)cell, counts[cell]);
    }

    private static void Count(Span<float> entries, bool exact, ulong cell, int times)
    {
        if (exact)
        {
            entries[(int)cell] += times;
            return;
        }
        var hash = (cell + 1) * OddMultiplier;
        hash = (hash ^ (hash >> 32)) * OddMultiplier;
        entries[(int)(hash >> 53)] += (hash & (1UL << 52)) == 0 ? times : -times;
    }
}
