namespace MoEPlace.Service.Drift;

/// <summary>The latest tokens, as vectors of counts for each of the spans that it is made of.</summary>
/// <param name="entries">Entries of a vector.</param>
/// <param name="spans">Spans of the window.</param>
internal sealed class DriftWindow(int entries, int spans)
{
    private readonly float[] counts = new float[entries * spans];
    private readonly float[] sum = new float[entries];
    private readonly long[] tokens = new long[spans];
    private int now;

    /// <summary>[entries] counts over all closed spans.</summary>
    internal ReadOnlySpan<float> Sum => sum;

    /// <summary>Tokens of all closed spans.</summary>
    internal long Tokens { get; private set; }

    /// <summary>Whether all its spans were closed once.</summary>
    internal bool IsFull { get; private set; }

    /// <summary>Tokens of the span that is open.</summary>
    internal long Open => tokens[now];

    /// <summary>Notes tokens of the open span, and returns where to count them.</summary>
    internal Span<float> Take(long more)
    {
        tokens[now] += more;
        return counts.AsSpan(now * entries, entries);
    }

    /// <summary>Closes the open span; the oldest one goes and is the next to be filled.</summary>
    internal void Close()
    {
        now = (now + 1) % spans;
        IsFull |= now == 0;
        // Added up anew: what is added to and taken from a sum of single precision for days leaves a rest.
        Array.Clear(sum);
        Tokens = 0;
        for (var span = 0; span < spans; span++)
        {
            Tokens += tokens[span];
            var of = counts.AsSpan(span * entries, entries);
            for (var i = 0; i < sum.Length; i++)
                sum[i] += of[i];
        }
        tokens[now] = 0;
        counts.AsSpan(now * entries, entries).Clear();
    }
}
