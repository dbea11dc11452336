namespace MoEPlace.Simulation.Tests.Network;

/// <summary>
/// The slow obvious twin of the network: from one begin or end of a flow to the next, raise the rates of all flows equally until
/// a link is tight, freeze what crosses it, and go on. It knows nothing of pools, vectors or actors.
/// </summary>
internal static class FluidTwin
{
    /// <summary>A flow: when it begins, what a link has to move for it, over which links.</summary>
    internal sealed record Flow(double Begin, double Bytes, int[] Links);

    /// <summary>When each flow ends, seconds.</summary>
    internal static double[] Run(double[] bytesPerSecond, IReadOnlyList<Flow> flows)
    {
        var left = flows.Select(f => f.Bytes).ToArray();
        var ends = new double[flows.Count];
        Array.Fill(ends, double.NaN);
        var now = 0.0;
        while (ends.Any(double.IsNaN))
        {
            var under = Enumerable.Range(0, flows.Count).Where(f => flows[f].Begin <= now && double.IsNaN(ends[f])).ToArray();
            var rates = Rates(bytesPerSecond, flows, under);
            var next = flows.Where(f => f.Begin > now).Select(f => f.Begin).DefaultIfEmpty(double.PositiveInfinity).Min();
            var first = under.Select(f => now + left[f] / rates[f]).DefaultIfEmpty(double.PositiveInfinity).Min();
            var until = Math.Min(next, first);
            foreach (var flow in under)
            {
                var ending = now + left[flow] / rates[flow] <= until * (1 + 1e-14);
                left[flow] -= rates[flow] * (until - now);
                if (ending)
                    ends[flow] = until;
            }
            now = until;
        }
        return ends;
    }

    /// <summary>Max-min fair rates of some of the flows.</summary>
    internal static Dictionary<int, double> Rates(double[] bytesPerSecond, IReadOnlyList<Flow> flows, int[] under)
    {
        var rates = under.ToDictionary(f => f, _ => 0.0);
        var rising = new HashSet<int>(under);
        while (rising.Count > 0)
        {
            var slack = bytesPerSecond
                .Select((c, link) => c - under.Where(f => flows[f].Links.Contains(link)).Sum(f => rates[f])).ToArray();
            var risers = bytesPerSecond.Select((_, link) => rising.Count(f => flows[f].Links.Contains(link))).ToArray();
            var step = Enumerable.Range(0, slack.Length).Where(link => risers[link] > 0).Min(link => slack[link] / risers[link]);
            foreach (var flow in rising)
                rates[flow] += step;
            var tight = Enumerable.Range(0, slack.Length)
                .Where(link => risers[link] > 0 && slack[link] / risers[link] <= step + 1e-13 * bytesPerSecond[link]).ToHashSet();
            rising.RemoveWhere(f => flows[f].Links.Any(tight.Contains));
        }
        return rates;
    }
}
