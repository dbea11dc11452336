using System.Collections.Immutable;

namespace MoEPlace.Traces.Statistics;

/// <summary>Measures of what adjacent layers tell about each other.</summary>
internal static class AffinityMeasures
{
    internal static ImmutableArray<AffinityStatistics> ByAdjacentLayers(TokenSample sample, RoutingCounts counts, long seed)
    {
        var straight = Enumerable.Range(0, sample.Tokens).ToArray();
        var shuffled = straight.ToArray();
        new SeedStream(seed, "affinity baseline").Shuffle<int>(shuffled);
        var pairs = new AffinityStatistics[sample.Layers - 1];
        Parallel.For(0, pairs.Length, layer =>
        {
            var joint = new int[sample.Experts * sample.Experts];
            double? top = null, topShuffled = null, successor = null;
            if (sample.HasTopOne)
            {
                top = Bits(sample.TopOne(layer), sample.TopOne(layer + 1), straight, joint);
                topShuffled = Bits(sample.TopOne(layer), sample.TopOne(layer + 1), shuffled, joint);
                successor = HeaviestSuccessorShare(counts.Transitions(layer), counts.Experts);
            }
            pairs[layer] = new AffinityStatistics(
                layer,
                Bits(sample.Choices(layer), sample.Choices(layer + 1), straight, joint),
                Bits(sample.Choices(layer), sample.Choices(layer + 1), shuffled, joint),
                top,
                topShuffled,
                successor);
        });
        return [.. pairs];
    }

    /// <summary>Mutual information, in bits, of the row and the column of a table of counts; 0 for an empty table.</summary>
    /// <param name="joint">[experts, experts].</param>
    /// <param name="experts">Rows and columns.</param>
    internal static double MutualInformation(ReadOnlySpan<int> joint, int experts)
    {
        var (rows, columns, total) = (new long[experts], new long[experts], 0L);
        for (var cell = 0; cell < joint.Length; cell++)
        {
            rows[cell / experts] += joint[cell];
            columns[cell % experts] += joint[cell];
            total += joint[cell];
        }
        var bits = 0.0;
        for (var cell = 0; cell < joint.Length; cell++)
            if (joint[cell] > 0)
                bits += joint[cell] * Math.Log2((double)joint[cell] * total / ((double)rows[cell / experts] * columns[cell % experts]));
        // Rounding may leave a hair below the least value that it can have.
        return total == 0 ? 0 : Math.Max(0, bits / total);
    }

    private static double Bits(ushort[] first, ushort[] second, int[] order, int[] joint)
    {
        Array.Clear(joint);
        var experts = (int)Math.Sqrt(joint.Length);
        CountPairs(first, second, order, experts, joint);
        return MutualInformation(joint, experts);
    }

    /// <summary>Counts every choice of a token in one layer with every choice in the next.</summary>
    /// <param name="first">[tokens, choices].</param>
    /// <param name="second">[tokens, choices].</param>
    /// <param name="order">[tokens] the token of <paramref name="second"/> that each token of <paramref name="first"/> meets.</param>
    /// <param name="experts">Rows and columns of the table.</param>
    /// <param name="joint">[experts, experts].</param>
    private static void CountPairs(
        ReadOnlySpan<ushort> first, ReadOnlySpan<ushort> second, ReadOnlySpan<int> order, int experts, Span<int> joint)
    {
        var topK = first.Length / order.Length;
        for (var token = 0; token < order.Length; token++)
        {
            var next = second.Slice(order[token] * topK, topK);
            foreach (var a in first.Slice(token * topK, topK))
            {
                if (a == RoutingTrace.NoExpert)
                    continue;
                var row = joint.Slice(a * experts, experts);
                foreach (var b in next)
                    if (b < row.Length)
                        row[b]++;
            }
        }
    }

    private static double HeaviestSuccessorShare(ReadOnlySpan<long> transitions, int experts)
    {
        var (heaviest, total) = (0L, 0L);
        for (var from = 0; from < experts; from++)
        {
            var most = 0L;
            foreach (var tokens in transitions.Slice(from * experts, experts))
            {
                most = Math.Max(most, tokens);
                total += tokens;
            }
            heaviest += most;
        }
        return total == 0 ? 0 : (double)heaviest / total;
    }
}
