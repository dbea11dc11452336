namespace MoEPlace.Executor.Models;

/// <summary>Draws the next token.</summary>
public static class Sampler
{
    /// <summary>The stream that draws one token of one sequence, whichever rank draws it.</summary>
    public static SeedStream StreamOf(long seed, int sequence, int position) =>
        new(seed, "sample", ((long)sequence << 32) | (uint)position);

    /// <summary>Draws from softmax(logits / temperature), cut to the likeliest.</summary>
    /// <param name="logits">[vocabulary].</param>
    /// <param name="temperature">0 for the likeliest token (the lowest id on ties), else above 0.</param>
    /// <param name="topK">Only the k likeliest; null for all.</param>
    /// <param name="topP">Only the likeliest that have this share together (Holtzman et al. 2020, nucleus), above 0; 1 for all.</param>
    /// <param name="random">What draws.</param>
    /// <returns>A token id.</returns>
    public static int Next(ReadOnlySpan<float> logits, double temperature, int? topK, double topP, SeedStream random)
    {
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfLessThan(topK ?? 1, 1);
        if (!(temperature >= 0))
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "A temperature is 0 or more.");
        if (!(topP > 0))
            throw new ArgumentOutOfRangeException(nameof(topP), topP, "A share is above 0.");
        if (logits.IsEmpty)
            throw new ArgumentException("There is no token to draw.", nameof(logits));
        var best = 0;
        for (var i = 1; i < logits.Length; i++)
            if (logits[i] > logits[best])
                best = i;
        if (temperature == 0)
            return best;
        var ids = new int[logits.Length];
        var shares = new double[logits.Length];
        var sum = 0.0;
        for (var i = 0; i < shares.Length; i++)
        {
            ids[i] = i;
            sum += shares[i] = Math.Exp((logits[i] - (double)logits[best]) / temperature);
        }
        if (topK is null && topP >= 1)
            return Draw(ids, shares, sum * random.NextDouble());
        // Falling by share, rising by id on ties.
        var keys = logits.ToArray();
        Array.Sort(ids, (a, b) => keys[a] != keys[b] ? keys[b].CompareTo(keys[a]) : a.CompareTo(b));
        var kept = 0;
        var reached = 0.0;
        while (kept < Math.Min(topK ?? ids.Length, ids.Length) && (kept == 0 || reached < topP * sum))
            reached += shares[ids[kept++]];
        return Draw(ids.AsSpan(0, kept), shares, reached * random.NextDouble());
    }

    private static int Draw(ReadOnlySpan<int> ids, double[] shares, double at)
    {
        foreach (var id in ids)
            if ((at -= shares[id]) < 0)
                return id;
        return ids[^1];
    }
}
