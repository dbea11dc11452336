using System.Numerics;

namespace MoEPlace.Service.Drift;

/// <summary>
/// What traffic was like, in parts that do not depend on each other: of each its tokens and a vector of counts. Tokens of a sequence resemble each
/// other, so that windows differ by much more than tokens drawn one by one would; therefore whole parts are drawn to tell by how much.
/// </summary>
/// <param name="entries">Entries of a vector.</param>
internal sealed class DriftParts(int entries)
{
    private readonly List<float[]> counts = [];
    private readonly List<long> tokens = [];

    /// <summary>Parts.</summary>
    internal int Count => counts.Count;

    /// <summary>Begins a part.</summary>
    internal void Begin()
    {
        counts.Add(new float[entries]);
        tokens.Add(0);
    }

    /// <summary>Notes tokens of a part, and returns where to count them.</summary>
    internal Span<float> Take(int part, long more)
    {
        tokens[part] += more;
        return counts[part];
    }

    /// <summary>[entries] counts for each token, of all parts.</summary>
    internal float[] Mean()
    {
        var mean = new float[entries];
        var all = (float)Math.Max(1, tokens.Sum());
        foreach (var part in counts)
            for (var i = 0; i < mean.Length; i++)
                mean[i] += part[i] / all;
        return mean;
    }

    /// <summary>
    /// The squared distance between a window and as many tokens as there are here that traffic like this exceeds with a probability: parts are drawn
    /// again and again, with replacement, for both (the bootstrap of clusters), and the cube roots of the distances, which are weighted sums of
    /// squares, taken for normal (Wilson and Hilferty 1931).
    /// </summary>
    /// <param name="windowTokens">Tokens of a window.</param>
    /// <param name="run">Parts that follow each other and are drawn together.</param>
    /// <param name="quantile">The quantile of the normal distribution.</param>
    internal double Threshold(long windowTokens, int run, double quantile)
    {
        const int Draws = 500;
        var n = Count;
        if (n < 2)
            return 0;
        var products = Products();
        var random = new SeedStream(n, "drift");
        var (weight, sum, squares) = (new double[n], 0.0, 0.0);
        for (var draw = 0; draw < Draws; draw++)
        {
            Array.Clear(weight);
            Draw(weight, random, run, windowTokens, 1);
            Draw(weight, random, run, tokens.Sum(), -1);
            // Parts that are drawn from themselves vary by 1 - 1 / n of what they should.
            var root = Math.Cbrt(Square(weight, products) * n / (n - 1));
            (sum, squares) = (sum + root, squares + root * root);
        }
        var mean = sum / Draws;
        var spread = Math.Sqrt(Math.Max(0, squares / Draws - mean * mean));
        return Math.Pow(mean + quantile * spread, 3);
    }

    /// <summary>The squared distance of two vectors.</summary>
    internal static double Distance(ReadOnlySpan<float> sum, double tokens, ReadOnlySpan<float> mean)
    {
        var (scale, total) = (new Vector<float>((float)(1 / tokens)), Vector<float>.Zero);
        var i = 0;
        for (; i <= mean.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var difference = new Vector<float>(sum[i..]) * scale - new Vector<float>(mean[i..]);
            total += difference * difference;
        }
        double result = Vector.Sum(total);
        for (; i < mean.Length; i++)
            result += Math.Pow(sum[i] / tokens - mean[i], 2);
        return result;
    }

    /// <summary>Adds to the weights of parts, drawn until there are enough tokens, sign / tokens.</summary>
    private void Draw(double[] weight, SeedStream random, int run, long wanted, int sign)
    {
        for (long drawn = 0; drawn < wanted;)
        {
            var first = random.Next(Count);
            for (var i = 0; i < run && drawn < wanted; i++)
            {
                var part = (first + i) % Count;
                var share = Math.Min(1, (double)(wanted - drawn) / tokens[part]);
                weight[part] += sign * share / wanted;
                drawn += tokens[part];
            }
        }
    }

    /// <summary>[parts, parts] products of what parts have beyond the mean.</summary>
    private double[] Products()
    {
        var (n, mean) = (Count, Mean());
        var beyond = new float[n][];
        for (var part = 0; part < n; part++)
        {
            beyond[part] = new float[entries];
            for (var i = 0; i < entries; i++)
                beyond[part][i] = counts[part][i] - tokens[part] * mean[i];
        }
        var products = new double[n * n];
        for (var a = 0; a < n; a++)
            for (var b = a; b < n; b++)
                products[a * n + b] = products[b * n + a] = Dot(beyond[a], beyond[b]);
        return products;
    }

    private static double Dot(float[] a, float[] b)
    {
        var total = Vector<float>.Zero;
        var i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
            total += new Vector<float>(a, i) * new Vector<float>(b, i);
        double result = Vector.Sum(total);
        for (; i < a.Length; i++)
            result += a[i] * b[i];
        return result;
    }

    private static double Square(double[] weight, double[] products)
    {
        var (n, result) = (weight.Length, 0.0);
        for (var a = 0; a < n; a++)
        {
            var row = 0.0;
            for (var b = 0; b < n; b++)
                row += products[a * n + b] * weight[b];
            result += weight[a] * row;
        }
        return Math.Max(0, result);
    }
}
