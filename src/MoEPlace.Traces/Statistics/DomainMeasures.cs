using System.Collections.Immutable;

namespace MoEPlace.Traces.Statistics;

/// <summary>Measures of how domains differ.</summary>
internal static class DomainMeasures
{
    internal static (ImmutableArray<DomainDistance> Distances, double? Mean, double? Shuffled) Distances(
        TokenSample sample, ImmutableArray<DomainStatistics> domains, long seed)
    {
        if (domains.Length < 2)
            return ([], null, null);
        var shuffled = sample.Domain.ToArray();
        new SeedStream(seed, "domain baseline").Shuffle<byte>(shuffled);
        var distances = Distances(sample, domains, sample.Domain);
        return (distances, distances.Average(d => d.Distance), Distances(sample, domains, shuffled).Average(d => d.Distance));
    }

    /// <summary>Jensen-Shannon divergence, in bits, of two loads taken as shares; 0 where one of them is empty.</summary>
    internal static double Divergence(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
    {
        var (firstTotal, secondTotal) = (Sum(first), Sum(second));
        if (firstTotal == 0 || secondTotal == 0)
            return 0;
        var bits = 0.0;
        for (var i = 0; i < first.Length; i++)
        {
            var (p, q) = ((double)first[i] / firstTotal, (double)second[i] / secondTotal);
            var middle = (p + q) / 2;
            bits += (p > 0 ? p * Math.Log2(p / middle) : 0) + (q > 0 ? q * Math.Log2(q / middle) : 0);
        }
        return Math.Max(0, bits / 2);
    }

    private static ImmutableArray<DomainDistance> Distances(TokenSample sample, ImmutableArray<DomainStatistics> domains, byte[] domainOf)
    {
        // [domains][layers, experts]; a domain that the sample missed has no load and so no distance to any other.
        var loads = new int[byte.MaxValue + 1][];
        foreach (var domain in domains)
            loads[domain.Domain] = new int[sample.Layers * sample.Experts];
        for (var layer = 0; layer < sample.Layers; layer++)
            AddLoad(sample.Choices(layer), domainOf, layer * sample.Experts, loads);
        var distances = ImmutableArray.CreateBuilder<DomainDistance>();
        for (var i = 0; i < domains.Length; i++)
        {
            for (var j = i + 1; j < domains.Length; j++)
            {
                var (first, second) = (domains[i].Domain, domains[j].Domain);
                var sum = 0.0;
                for (var layer = 0; layer < sample.Layers; layer++)
                    sum += Math.Sqrt(Divergence(Layer(first, layer), Layer(second, layer)));
                distances.Add(new DomainDistance(first, second, sum / sample.Layers));
            }
        }
        return distances.ToImmutable();

        ReadOnlySpan<int> Layer(int domain, int layer) => loads[domain].AsSpan(layer * sample.Experts, sample.Experts);
    }

    private static void AddLoad(ushort[] choices, byte[] domainOf, int begin, int[][] loads)
    {
        var topK = choices.Length / domainOf.Length;
        for (var i = 0; i < choices.Length; i++)
            if (choices[i] != RoutingTrace.NoExpert)
                loads[domainOf[i / topK]][begin + choices[i]]++;
    }

    private static long Sum(ReadOnlySpan<int> values)
    {
        var sum = 0L;
        foreach (var value in values)
            sum += value;
        return sum;
    }
}
