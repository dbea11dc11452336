namespace MoEPlace.Evaluation;

/// <summary>
/// Splits the load of replicated experts over their replicas so that the busiest rank has least: the linear program min z, subject to
/// sum of shares of an expert = 1 and load of a rank &lt;= z x its speed. Solved exactly as a flow problem: for a given z it is a
/// maximum flow from experts to ranks; where that falls short, its cut names the ranks that bind and the next, larger z (Newton's method
/// on the cut function, Radzik 1998), until all load flows.
/// </summary>
public static class ReplicaShares
{
    private const double Tolerance = 1e-9;

    /// <summary>Splits one layer.</summary>
    /// <param name="load">[experts] (token, expert) pairs, 0 or more.</param>
    /// <param name="start">[experts + 1] the first replica of each expert; every expert has at least one.</param>
    /// <param name="rankOf">[replicas] the rank of each replica.</param>
    /// <param name="speedOf">[ranks] above 0.</param>
    /// <param name="share">[replicas] receives the share of the expert's load that each replica serves; they add up to 1.</param>
    /// <returns>The least possible load of the busiest rank, divided by its speed.</returns>
    public static double Split(
        ReadOnlySpan<long> load, ReadOnlySpan<int> start, ReadOnlySpan<int> rankOf, ReadOnlySpan<double> speedOf, Span<double> share)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(start.Length, load.Length + 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(share.Length, rankOf.Length);
        var flow = new ReplicaFlow(load, start, rankOf, speedOf.Length);
        double total = 0, speed = 0;
        for (var e = 0; e < load.Length; e++)
            total += load[e];
        foreach (var s in speedOf)
            speed += s;
        var busiest = total / speed;
        // Every cut raises the busiest; each names more load on fewer ranks, so that ranks + 1 rounds do.
        for (var round = 0; round <= speedOf.Length && flow.Push(busiest, speedOf) < total * (1 - Tolerance); round++)
            busiest = Math.Max(busiest, flow.BindingLoad(speedOf));
        for (var e = 0; e < load.Length; e++)
        {
            double sum = 0;
            for (var r = start[e]; r < start[e + 1]; r++)
                sum += flow.Served[r];
            for (var r = start[e]; r < start[e + 1]; r++)
                share[r] = sum > 0 ? flow.Served[r] / sum : 1.0 / (start[e + 1] - start[e]);
        }
        return busiest;
    }
}
