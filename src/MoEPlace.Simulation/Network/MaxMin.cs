namespace MoEPlace.Simulation.Network;

/// <summary>
/// Max-min fair rates by progressive filling (Bertsekas and Gallager, Data Networks, 2nd edition, section 6.5.2): the rates of all flows
/// rise together; where a link is full its flows stop rising.
/// </summary>
internal static class MaxMin
{
    /// <summary>Links whose levels are that near are full at once: a level is a quotient of sums, and true ties must stay ties.</summary>
    private const double Tie = 1e-13;

    /// <summary>Finds the rates.</summary>
    /// <param name="capacity">[links] above 0.</param>
    /// <param name="linkBegin">[links + 1] where the flows of each link begin in <paramref name="linkFlows"/>.</param>
    /// <param name="linkFlows">The flows on each link.</param>
    /// <param name="flowBegin">[flows + 1] where the links of each flow begin in <paramref name="flowLinks"/>.</param>
    /// <param name="flowLinks">The links of each flow, at least one, each once.</param>
    /// <param name="rates">[flows] below 0 where a rate is asked for, 0 where a flow has ended; the rates.</param>
    /// <param name="open">[links] flows on each link that have not ended; 0 at the end.</param>
    /// <param name="left">[links] room.</param>
    /// <param name="levels">[links] room.</param>
    /// <param name="links">[links] room.</param>
    internal static void Share(
        ReadOnlySpan<double> capacity, ReadOnlySpan<int> linkBegin, ReadOnlySpan<int> linkFlows, ReadOnlySpan<int> flowBegin,
        ReadOnlySpan<int> flowLinks, Span<double> rates, Span<int> open, Span<double> left, Span<double> levels, Span<int> links)
    {
        capacity.CopyTo(left);
        var count = 0;
        for (var link = 0; link < capacity.Length; link++)
            links[count++] = link;
        while (true)
        {
            var (level, kept) = (double.PositiveInfinity, 0);
            for (var i = 0; i < count; i++)
            {
                var link = links[i];
                if (open[link] == 0)
                    continue;
                links[kept++] = link;
                levels[link] = left[link] / open[link];
                level = Math.Min(level, levels[link]);
            }
            count = kept;
            if (count == 0)
                return;
            for (var i = 0; i < count; i++)
            {
                var link = links[i];
                if (levels[link] <= level * (1 + Tie) && open[link] > 0)
                    Stop(linkFlows[linkBegin[link]..linkBegin[link + 1]], level, flowBegin, flowLinks, rates, open, left);
            }
        }
    }

    private static void Stop(
        ReadOnlySpan<int> flows, double level, ReadOnlySpan<int> flowBegin, ReadOnlySpan<int> flowLinks, Span<double> rates, Span<int> open,
        Span<double> left)
    {
        foreach (var flow in flows)
        {
            if (rates[flow] >= 0)
                continue;
            rates[flow] = level;
            for (var i = flowBegin[flow]; i < flowBegin[flow + 1]; i++)
            {
                left[flowLinks[i]] -= level;
                open[flowLinks[i]]--;
            }
        }
    }
}
