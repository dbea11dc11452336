using MoEPlace.Traces;

namespace MoEPlace.Service.Routing;

/// <summary>
/// Tokens drawn from loads, each layer by itself: systematic sampling with unequal probabilities (Madow 1949), which gives every expert its share
/// of tokens and no token an expert twice. Starting points are stratified over the tokens, so that loads come out within about one token.
/// </summary>
internal sealed class DrawnRows
{
    private readonly MoEModel model;
    private readonly int tokens;
    private readonly SeedStream random;

    /// <summary>[layers, experts] experts of a layer in the order in which their shares are laid out.</summary>
    private readonly int[] order;

    /// <summary>[layers, experts] where the share of each ends; the last is topK, or less where counts were fewer.</summary>
    private readonly double[] ends;

    /// <summary>[layers, tokens] strata in random order.</summary>
    private readonly int[][] strata;
    private int drawn;

    /// <param name="model">The model.</param>
    /// <param name="load">[layers, experts] 0 or more.</param>
    /// <param name="tokens">Tokens that will be drawn.</param>
    /// <param name="seed">Of all that is random.</param>
    internal DrawnRows(MoEModel model, ReadOnlySpan<double> load, int tokens, long seed)
    {
        (this.model, this.tokens) = (model, tokens);
        random = new SeedStream(seed, "drawn-rows");
        var (layers, experts) = (model.Layers, model.Experts);
        order = new int[layers * experts];
        ends = new double[layers * experts];
        strata = new int[layers][];
        for (var layer = 0; layer < layers; layer++)
        {
            var of = order.AsSpan(layer * experts, experts);
            for (var e = 0; e < experts; e++)
                of[e] = e;
            random.Shuffle(of);
            var share = Shares(load.Slice(layer * experts, experts), model.TopK);
            var end = 0.0;
            for (var i = 0; i < experts; i++)
                ends[layer * experts + i] = end += share[of[i]];
            strata[layer] = new int[tokens];
            for (var t = 0; t < tokens; t++)
                strata[layer][t] = t;
            random.Shuffle<int>(strata[layer]);
        }
    }

    /// <summary>The next rows; each token is a sequence of its own, decoded.</summary>
    internal TraceRows Next(int count)
    {
        var (layers, topK, experts) = (model.Layers, model.TopK, model.Experts);
        var choices = new ushort[count * layers * topK];
        Array.Fill(choices, RoutingTrace.NoExpert);
        var (sequence, phase) = (new int[count], new byte[count]);
        for (var row = 0; row < count; row++, drawn++)
        {
            (sequence[row], phase[row]) = (drawn, 1);
            for (var layer = 0; layer < layers; layer++)
            {
                var laid = ends.AsSpan(layer * experts, experts);
                var point = (strata[layer][drawn] + random.NextDouble()) / tokens;
                var to = choices.AsSpan((row * layers + layer) * topK, topK);
                for (var k = 0; k < topK && point + k < laid[^1]; k++)
                    to[k] = (ushort)order[layer * experts + FirstBeyond(laid, point + k)];
            }
        }
        return new TraceRows(choices, sequence, new int[count], Phase: phase);
    }

    /// <summary>The chance of each expert to be among a token's choices: its load in proportion, never above 1, what is cut off shared by the others.</summary>
    private static double[] Shares(ReadOnlySpan<double> load, int topK)
    {
        var share = new double[load.Length];
        var full = new bool[load.Length];
        for (var left = (double)topK; ;)
        {
            var sum = 0.0;
            for (var e = 0; e < share.Length; e++)
                sum += full[e] ? 0 : load[e];
            var cut = false;
            for (var e = 0; e < share.Length; e++)
            {
                if (full[e])
                    continue;
                share[e] = sum > 0 ? left * load[e] / sum : 0;
                cut |= share[e] > 1;
            }
            if (!cut)
                return share;
            for (var e = 0; e < share.Length; e++)
            {
                if (full[e] || share[e] <= 1)
                    continue;
                (share[e], full[e]) = (1, true);
                left--;
            }
        }
    }

    private static int FirstBeyond(ReadOnlySpan<double> ends, double point)
    {
        var (low, high) = (0, ends.Length - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (ends[middle] > point)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }
}
