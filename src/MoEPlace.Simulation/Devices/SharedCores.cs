namespace MoEPlace.Simulation.Devices;

/// <summary>Ranks of a node that take turns on fewer cores than they are.</summary>
internal static class SharedCores
{
    /// <summary>
    /// When each of several works is done that begin together and share cores evenly (processor sharing: Kleinrock 1967): of n that are left
    /// each runs at the rate min(1, cores / n), so the least work is done first, and from one end to the next all that are left advance alike.
    /// </summary>
    /// <param name="seconds">[works] seconds on a core alone, 0 or more; replaced by when each is done.</param>
    /// <param name="cores">1 or more.</param>
    internal static void TakeTurns(Span<double> seconds, int cores)
    {
        Span<int> order = seconds.Length <= 64 ? stackalloc int[seconds.Length] : new int[seconds.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        seconds.ToArray().AsSpan().Sort(order);
        double now = 0, done = 0;
        for (var k = 0; k < order.Length; k++)
        {
            var work = seconds[order[k]];
            now += (work - done) * Math.Max(1, (order.Length - k) / (double)cores);
            done = work;
            seconds[order[k]] = now;
        }
    }
}
