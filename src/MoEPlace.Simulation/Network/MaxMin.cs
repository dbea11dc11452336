using System.Numerics;
using System.Runtime.InteropServices;

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
    /// <param name="linkBegin">[links + 1] where the flows of each link begin in <paramref name="linkFlows"/>.</param>
    /// <param name="linkFlows">The flows on each link.</param>
    /// <param name="flowBegin">[flows + 1] where the links of each flow begin in <paramref name="flowLinks"/>.</param>
    /// <param name="flowLinks">The links of each flow, at least one, each once.</param>
    /// <param name="rates">[flows] below 0 where a rate is asked for, 0 where a flow has ended; the rates.</param>
    /// <param name="open">[links, up to a whole vector] flows on each link whose rate is asked for; 0 at the end.</param>
    /// <param name="left">[like open] the capacity of each link, infinite where it has no flow and beyond the links; changed.</param>
    /// <param name="levels">[like open] room.</param>
    internal static void Share(
        ReadOnlySpan<int> linkBegin, ReadOnlySpan<int> linkFlows, ReadOnlySpan<int> flowBegin, ReadOnlySpan<int> flowLinks,
        Span<double> rates, Span<double> open, Span<double> left, Span<double> levels)
    {
        var opens = MemoryMarshal.Cast<double, Vector<double>>(open);
        var lefts = MemoryMarshal.Cast<double, Vector<double>>(left);
        var rows = MemoryMarshal.Cast<double, Vector<double>>(levels)[..lefts.Length];
        while (true)
        {
            var least = new Vector<double>(double.PositiveInfinity);
            for (var row = 0; row < rows.Length; row++)
            {
                rows[row] = lefts[row] / opens[row];
                least = Vector.Min(least, rows[row]);
            }
            var lowest = double.PositiveInfinity;
            for (var i = 0; i < Vector<double>.Count; i++)
                lowest = Math.Min(lowest, least[i]);
            if (double.IsPositiveInfinity(lowest))
                return;
            var bound = new Vector<double>(lowest * (1 + Tie));
            for (var row = 0; row < rows.Length; row++)
            {
                if (!Vector.LessThanOrEqualAny(rows[row], bound))
                    continue;
                for (var link = row * Vector<double>.Count; link < (row + 1) * Vector<double>.Count; link++)
                {
                    if (levels[link] <= bound[0] && open[link] > 0)
                        Fill(link, lowest, linkFlows[linkBegin[link]..linkBegin[link + 1]], flowBegin, flowLinks, rates, open, left);
                }
            }
        }
    }

    /// <summary>A link is full: its flows that still rose have their rate.</summary>
    private static void Fill(
        int link, double level, ReadOnlySpan<int> flows, ReadOnlySpan<int> flowBegin, ReadOnlySpan<int> flowLinks, Span<double> rates,
        Span<double> open, Span<double> left)
    {
        foreach (var flow in flows)
        {
            if (rates[flow] >= 0)
                continue;
            rates[flow] = level;
            var end = flowBegin[flow + 1];
            for (var i = flowBegin[flow]; i < end; i++)
            {
                var other = flowLinks[i];
                if (other == link)
                    continue;
                left[other] -= level;
                if (--open[other] == 0)
                    left[other] = double.PositiveInfinity;
            }
        }
        (open[link], left[link]) = (0, double.PositiveInfinity);
    }
}
