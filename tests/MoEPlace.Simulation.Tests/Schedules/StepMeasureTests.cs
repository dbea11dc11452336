using MoEPlace.Evaluation;
using MoEPlace.Simulation.Measures;
using MoEPlace.Simulation.Schedules;
using MoEPlace.Simulation.Streams;
using MoEPlace.Simulation.Tests.Work;
using MoEPlace.Simulation.Work;
using Xunit;

namespace MoEPlace.Simulation.Tests.Schedules;

public sealed class StepMeasureTests
{
    private static readonly string[] Exchanges = [StepPhase.Dispatch, StepPhase.Combine, StepPhase.Context];
    private static readonly string[] Order = [.. Exchanges, StepPhase.Gradient, StepPhase.Load, StepPhase.Wait];

    [Fact]
    public void Every_instant_of_a_step_counts_for_one_phase_or_for_none()
    {
        var both = 0;
        for (var seed = 0; seed < 40; seed++)
        {
            using var drawn = new WorkCase(seed, plain: true);
            var setting = Training(drawn, seed);
            var recording = Record(setting);
            var totals = new SpanTotals(drawn.Cluster.Ranks, []);
            totals.Add(recording);
            var expected = Slowly(recording);
            var told = totals.PhaseTimes();
            Assert.All(told, phase =>
            {
                var picoseconds = expected.GetValueOrDefault(phase.Phase) / (double)drawn.Cluster.Ranks;
                Assert.True(Math.Abs(phase.ExposedSeconds * 1e12 - picoseconds) < 1e-3, $"seed {seed}: {phase} and {picoseconds} ps");
            });
            var sum = told.Sum(p => p.ExposedSeconds);
            Assert.True(sum <= totals.StepSeconds * (1 + 1e-12), $"seed {seed}: parts of {sum} s in a step of {totals.StepSeconds} s");
            var exchanges = told.Where(p => Exchanges.Contains(p.Phase)).Sum(p => p.ExposedSeconds);
            Assert.Equal(exchanges, totals.ExposedExchangeSeconds, 1e-12);
            both += told.Any(p => p.Phase == StepPhase.Gradient && p.ExposedSeconds < p.BusySeconds) ? 1 : 0;
        }
        Assert.True(both > 5, $"{both} cases in which gradients run beside something");
    }

    [Fact]
    public void The_first_ranks_drawn_are_that_with_the_busiest_port_and_that_which_computes_longest()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            using var drawn = new WorkCase(seed, plain: true);
            var slow = new SeedStream(seed, "slow").Next(drawn.Cluster.Ranks);
            var changed = drawn.Cluster with
            {
                Fabric = new Fabric
                {
                    LinkChanges =
                    [
                        new LinkChange(PortKind.IntraNode) { Rank = slow, BandwidthShare = 1e-3 },
                        new LinkChange(PortKind.Nic) { Rank = slow, BandwidthShare = 1e-3 },
                    ],
                },
            };
            var recording = Record(Training(drawn, seed) with { Cluster = changed });
            int[] chosen = [.. TimelineDrawing.Chosen(recording)];
            Assert.Equal(Enumerable.Range(0, changed.Ranks), chosen.Order());
            Assert.True(changed.Ranks == 1 || chosen[0] == slow, $"seed {seed}: {string.Join(' ', chosen)}, rank {slow} is slow");
            var computes = Enumerable.Range(0, changed.Ranks).MaxBy(rank => new ComputeSpans(recording, rank).Total);
            Assert.Contains(computes, chosen.Take(2));
            var named = TimelineDrawing.Draw(recording, 1).Tracks.Select(t => t.Group).Distinct();
            Assert.Equal([$"rank {chosen[0]}"], named);
        }
    }

    private static StepSetting Training(WorkCase drawn, int seed) =>
        new(drawn.Cluster, drawn.Placement, drawn.Slice, new Schedule
        {
            AllToAll = AllToAllAlgorithm.Hierarchical,
            SeparateNodeStreams = true,
            PipelineDegree = 2,
            Backward = true,
            GradientParts = seed % 4,
        })
        {
            Phase = ServingPhase.Prefill,
            TokensPerStep = drawn.Options.TokensPerStep,
            ContextTokens = 5,
        };

    private static StepRecording Record(StepSetting setting)
    {
        var parts = StepSimulation.Count(setting, new RoutedTokens(setting.Routing, setting.Phase), 0);
        return ProgramRun.Run(
            StepComposition.Compose(setting, parts), setting.Cluster, cancellation: TestContext.Current.CancellationToken);
    }

    /// <summary>Picoseconds over all ranks, each stretch between two begins or ends looked at by itself.</summary>
    private static Dictionary<string, long> Slowly(StepRecording recording)
    {
        var sums = new Dictionary<string, long>();
        for (var rank = 0; rank < recording.Program.Ranks; rank++)
        {
            var spans = new List<(string Phase, long Begin, long End, bool Computes)>();
            foreach (var (id, operation) in recording.Program.Operations.Index())
            {
                var (start, begin, end) = (recording.StartOf(id, rank), recording.BeginOf(id, rank), recording.EndOf(id, rank));
                spans.Add((operation.Phase, begin.Picoseconds, end.Picoseconds, operation.Stream == StreamKind.Compute));
                if (operation.Kind == OperationKind.Exchange)
                    spans.Add((StepPhase.Wait, start.Picoseconds, begin.Picoseconds, false));
            }
            long[] times = [.. spans.SelectMany(s => new[] { s.Begin, s.End }).Distinct().Order()];
            foreach (var (from, to) in times.Zip(times.Skip(1)))
            {
                var now = spans.Where(s => s.Begin <= from && s.End >= to && s.End > s.Begin).ToList();
                if (now.Count == 0)
                    continue;
                var one = now.Find(s => s.Computes).Phase ?? Order.First(phase => now.Exists(s => s.Phase == phase));
                sums[one] = sums.GetValueOrDefault(one) + to - from;
            }
        }
        return sums;
    }
}
