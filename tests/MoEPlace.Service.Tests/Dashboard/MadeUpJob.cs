using System.Collections.Immutable;
using System.Text.Json;
using MoEPlace.Results;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Decisions;
using MoEPlace.Service.Drift;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Routing;
using MoEPlace.Service.State;

namespace MoEPlace.Service.Tests.Dashboard;

/// <summary>A job as the dashboard could be told of it: its traffic drifted, a plan was kept, and another is worth it.</summary>
internal sealed record MadeUpJob(
    JobView View, ImmutableArray<JobSample> Samples, ImmutableArray<DecisionRow> Decisions, ImmutableArray<Apply> Applies, RoutingMeasures Measures)
{
    private static readonly DateTimeOffset Begin = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);
    private static readonly string Old = new('a', 64), New = new('b', 64), Next = new('c', 64);

    internal List<ServiceEvent> Events { get; } =
    [
        new(1, Begin, "", "registered", "The job was registered: 8 layers x 16 experts on 2 x 2 ranks."),
        new(4, Begin.AddSeconds(130), "", "drift", "The traffic drifted: affinity is 1.6 times what raises an alarm."),
        new(5, Begin.AddSeconds(140), "", "decided", "Decision 1: worth it, crossing 48.2 % to 32.6 %."),
        new(9, Begin.AddSeconds(150), "", "kept", "Apply 1 was kept: the step takes 21.4 ms, promised were 21.0 ms."),
    ];

    internal int Ranks => View.Nodes * View.RanksPerNode;

    internal static MadeUpJob Create(string name, int nodes, int each, int layers, long seed = 1)
    {
        var (random, ranks) = (new SeedStream(seed, "made-up job"), nodes * each);
        var apply = new Apply(
            name, 1, 1, "policy", Old, New, 2, ApplyPhase.Kept, 1, 5, 16_000_000, 0.0302, 0.0210, 0.0214, 0, 6, New,
            "the step takes 21.4 ms, promised were 21.0 ms", Begin.AddSeconds(141), Begin.AddSeconds(150));
        var view = new JobView(
            name, "tiny-moe", layers, 16, 2, nodes, each, "cpu-loopback", JobEngine.Moeplace, new LoopPolicy(), true, false, 6, New, 1_234_567, 2_210, 0,
            new DriftReading(0.4, 0.7, false, null, 8_192, 4_000), 0.0214, 0.0210, 0.326, 0.184,
            [.. Enumerable.Range(0, layers - 1).Select(i => 0.3 + 0.1 * Math.Sin(i))], 1.16, false, 2, apply, 2.21, 1.31);
        return new MadeUpJob(
            view, [.. Enumerable.Range(0, 300).Select(i => Sample(i, random))], [Row(name, layers, 2, Next), Row(name, layers, 1, New)], [apply],
            new RoutingMeasures(
                8_192, 0.326, 0.184, view.CrossingByLayer, 1.16, [.. Enumerable.Range(0, layers * ranks).Select(_ => 500 + 600 * (float)random.NextDouble())],
                [.. Enumerable.Range(0, ranks * ranks).Select(i => i / ranks == i % ranks ? 0 : (float)(random.NextDouble() * (i / ranks / each == i % ranks / each ? 900 : 200)))]));
    }

    internal Apply Apply() => Applies[^1] with { Number = 2, Decision = 2, Phase = ApplyPhase.Moving, From = New, To = Next, Version = 2, Reason = "" };

    private static JobSample Sample(int i, SeedStream random)
    {
        var (isNew, noise) = (i >= 145, random.NextDouble());
        var shifted = i is >= 100 and < 145;
        return new JobSample(
            Begin.AddSeconds(i), isNew ? 6 : i >= 142 ? i - 139 : 2, i is > 60 and < 64 ? null : (isNew ? 0.021 : shifted ? 0.030 : 0.022) + 0.002 * noise,
            isNew ? 0.021 : null, (isNew ? 0.32 : shifted ? 0.48 : 0.33) + 0.02 * noise, (isNew ? 0.18 : shifted ? 0.27 : 0.18) + 0.01 * noise,
            0.3 + 0.2 * noise + (shifted ? 0.5 : 0), 0.4 + 0.1 * noise + (shifted ? Math.Min(1.2, (i - 100) * 0.05) : 0), i * 2_210,
            (shifted ? 2.4 : 2.2) + 0.02 * noise, (shifted ? 1.4 : 1.2) + 0.02 * noise);
    }

    private static DecisionRow Row(string name, int layers, int number, string digest) => new(
        name, number, Begin.AddSeconds(number == 1 ? 140 : 290), new Decision(
            Decision.FormatName, name, number, Verdict.Apply,
            [
                "The plan is better: a modelled step takes 20.1 ms instead of 24.6 ms, 18.3 % less; at least 2.0 % is asked for.",
                "The gain over 600 s, 81 s, is more than the migration costs, 0.4 s.",
                "On tokens that it was not solved on it gains 16.9 %.",
                "4,000 tokens came since the last apply; 2,000 are to rest.",
            ],
            JsonDocument.Parse("{}").RootElement, digest, Judged(0.482, 0.270, 1.41, 0.0246), Judged(0.326, 0.184, 1.28, 0.0201),
            [.. Enumerable.Range(0, layers - 1).Select(i => 0.3 + 0.1 * Math.Sin(i))], [.. Enumerable.Range(0, layers - 1).Select(i => 0.25 + 0.1 * Math.Cos(i))],
            null, null, 0.0175, 31_457_280, 0.4, 80.6,
            ["12 experts go from rank 0 to rank 2, 5.9 MB", "9 experts go from rank 2 to rank 0, 4.4 MB", "Layer 3: experts 4, 7 and 11 change node"]));

    private static PlacementMeasures Judged(double gpu, double node, double copies, double step) => new(
        8_192, gpu, node, 2.3, copies, 1_000_000, 1_000_000, 0, 1.16, 1.3, 1.4, step, 4_000_000);
}
