using System.Collections.Immutable;
using MoEPlace.Results;

namespace MoEPlace.Reports.Tests;

/// <summary>A small step of a few ranks: each computes in order, exchanges begin when the last rank has joined, and parts overlap.</summary>
internal sealed class MadeUpStep
{
    private const int Bins = 60;
    private readonly long[] compute;
    private readonly long[] network;
    private readonly long[,] ready;
    private readonly List<TimelineSpan> spans = [];
    private readonly SeedStream random;

    private MadeUpStep(int ranks, int parts, int seed)
    {
        random = new SeedStream(seed, "made-up step");
        compute = new long[ranks];
        network = new long[ranks];
        ready = new long[parts, ranks];
    }

    /// <summary>A variant whose timeline, phases and measures belong together.</summary>
    internal static SimulatedVariant Variant(
        string name, int ranks = 4, int layers = 3, int parts = 1, double traffic = 1, double skew = 0.3, int seed = 1, int drawnRanks = int.MaxValue)
    {
        var step = new MadeUpStep(ranks, parts, seed);
        for (var layer = 0; layer < layers; layer++)
        {
            for (var part = 0; part < parts; part++)
            {
                step.Compute("attention", layer, part, 400_000_000 / parts, 0.02);
                step.Compute("gate", layer, part, 40_000_000 / parts, 0);
                step.Exchange("dispatch", layer, part, (long)(300_000_000 * traffic) / parts);
            }
            for (var part = 0; part < parts; part++)
            {
                step.Compute("experts", layer, part, 500_000_000 / parts, skew);
                step.Exchange("combine", layer, part, (long)(420_000_000 * traffic) / parts);
            }
        }
        return step.Result(name, ranks, parts, traffic, drawnRanks);
    }

    private void Compute(string phase, int layer, int part, long picoseconds, double spread)
    {
        for (var rank = 0; rank < compute.Length; rank++)
        {
            var begin = Math.Max(compute[rank], ready[part, rank]);
            var takes = (long)(picoseconds * (1 + spread * (2 * random.NextDouble() - 1)));
            spans.Add(new TimelineSpan(2 * rank, phase, layer, part, begin, takes));
            compute[rank] = ready[part, rank] = begin + takes;
        }
    }

    private void Exchange(string phase, int layer, int part, long picoseconds)
    {
        var joined = compute.Select((_, rank) => Math.Max(network[rank], ready[part, rank])).ToArray();
        var begin = joined.Max();
        for (var rank = 0; rank < compute.Length; rank++)
        {
            if (begin > joined[rank])
                spans.Add(new TimelineSpan(2 * rank + 1, "wait", layer, part, joined[rank], begin - joined[rank]));
            spans.Add(new TimelineSpan(2 * rank + 1, phase, layer, part, begin, picoseconds, picoseconds / 20));
            network[rank] = ready[part, rank] = begin + picoseconds;
        }
    }

    private SimulatedVariant Result(string name, int ranks, int parts, double traffic, int drawnRanks)
    {
        var end = spans.Max(s => s.BeginPicoseconds + s.DurationPicoseconds);
        var seconds = end / 1e12;
        var phases = spans.GroupBy(s => s.Phase).Select(g => new PhaseTime(
            g.Key, g.Sum(s => s.DurationPicoseconds) / 1e12 / ranks,
            g.GroupBy(s => s.Track).Max(t => t.Sum(s => s.DurationPicoseconds)) / 1e12,
            g.Sum(Exposed) / 1e12 / ranks)).ToImmutableArray();
        double Of(Func<PhaseTime, double> value, params string[] names) => phases.Where(p => names.Contains(p.Phase)).Sum(value);
        var computes = Of(p => p.BusySeconds, "attention", "gate", "experts");
        var exchanges = Of(p => p.BusySeconds, "dispatch", "combine");
        var measures = new Dictionary<string, double>
        {
            [SimulationMeasure.StepSeconds] = seconds,
            [SimulationMeasure.StepSecondsP95] = seconds,
            [SimulationMeasure.TokensPerSecond] = 4096 / seconds,
            [SimulationMeasure.ExchangeSeconds] = exchanges,
            [SimulationMeasure.ExposedExchangeSeconds] = Of(p => p.ExposedSeconds, "dispatch", "combine"),
            [SimulationMeasure.WaitSeconds] = Of(p => p.BusySeconds, "wait"),
            [SimulationMeasure.ComputeSeconds] = computes,
            [SimulationMeasure.ExpertSecondsMost] = phases.Single(p => p.Phase == "experts").MostSeconds,
            [SimulationMeasure.IntraNodeBytes] = 3e9,
            [SimulationMeasure.InterNodeBytes] = 2e9 * traffic,
            [SimulationMeasure.Imbalance] = 1.31,
        };
        var used = Math.Min(ranks, drawnRanks);
        return new SimulatedVariant(
            name, $"{parts} parts", "h100-8", 2, Math.Max(1, ranks / 2), "affinity",
            parts == 1 ? "one after another" : $"{parts} parts overlap", 1, 4096,
            measures.ToImmutableSortedDictionary(StringComparer.Ordinal), phases,
            [
                new ResourceUse("compute", computes / seconds, Math.Min(1, computes / seconds * 1.1), "rank 2"),
                new ResourceUse("intra-node out", 0.11, 0.15, "rank 1"),
                new ResourceUse("NIC out", exchanges / seconds * 0.6, exchanges / seconds * 0.8, "rank 3"),
            ],
            [new LinkLoad("NIC out", Load("dispatch", "combine", 0.7, end)), new LinkLoad("intra-node out", Load("dispatch", "combine", 0.2, end))],
            new Timeline(
                [
                    .. Enumerable.Range(0, used).SelectMany(r => new[]
                    {
                        new TimelineTrack($"rank {r}", "compute"), new TimelineTrack($"rank {r}", "exchange"),
                    }),
                ],
                [.. spans.Where(s => s.Track < 2 * used).OrderBy(s => s.Track).ThenBy(s => s.BeginPicoseconds)]),
            12_345);
    }

    /// <summary>What no computation of the same rank runs beside; for computation all of it.</summary>
    private long Exposed(TimelineSpan span) => span.Track % 2 == 0 ? span.DurationPicoseconds : span.DurationPicoseconds - spans
        .Where(s => s.Track == span.Track - 1)
        .Sum(s => Math.Max(0, Math.Min(End(s), End(span)) - Math.Max(s.BeginPicoseconds, span.BeginPicoseconds)));

    private static long End(TimelineSpan span) => span.BeginPicoseconds + span.DurationPicoseconds;

    private ImmutableArray<double> Load(string first, string second, double share, long end) =>
    [
        .. Enumerable.Range(0, Bins).Select(bin => share * Math.Clamp(
            spans.Where(s => s.Track == 1 && (s.Phase == first || s.Phase == second)).Sum(s =>
                Math.Max(0, Math.Min(End(s), end * (bin + 1) / Bins) - Math.Max(s.BeginPicoseconds, end * bin / Bins))) * Bins / (double)end, 0, 1)),
    ];
}
