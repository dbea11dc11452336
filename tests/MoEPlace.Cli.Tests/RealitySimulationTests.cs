using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>What <c>reality</c> makes of simulated steps.</summary>
public sealed class RealitySimulationTests(ByteModel model) : IClassFixture<ByteModel>, IDisposable
{
    private readonly TempFolder folder = new();

    [Fact]
    public void The_phases_of_a_simulated_step_add_up_to_it_and_each_step_has_tokens_and_a_context_of_its_own()
    {
        var job = new RealityJob(model.Checkpoint, [model["apples.txt"], model["pears.txt"]], 8, 12);
        CliRun.Of([.. job.Arguments, "--virtual-ranks", "4", "--record", folder["t"]]);
        CliRun.Done("place", folder["t"], "--cluster", "2x2", "--policy", "contiguous", "-o", folder["p"]);
        using var trace = RoutingTrace.Open(folder["t"]);
        var tier = new TierTime(1e-4, 0.9);
        var exchange = new ExchangeTime(tier, tier, 1e9);
        // Only the context tells steps of equal routing apart; it is 1 ms a cached token of each sequence.
        var calibration = new Calibration(
            trace.Model.Name, "float32", 1, new TokenTime(1e-3, 1e-4, 1e-3), new ExpertTime(1e-4, 1e-5, 1e-6), new TokenTime(1e-3, 1e-5),
            exchange, exchange, "made up");
        var cluster = ClusterPresets.Parse("2x2") with { Calibration = calibration };
        var steps = RealitySimulation.Run(
            cluster, ExpertPlacementFile.Read(folder["p"]), new TraceSlice(trace, TraceSplit.All), job, TestContext.Current.CancellationToken);
        Assert.Equal(12, steps.Length);
        // But for the last exchange, which does not end on all ranks at once.
        Assert.All(steps, step => Assert.InRange(step.Phases.Values.Sum(), step.Seconds * 0.9999, step.Seconds + 1e-12));
        string[] phases = ["attention", "combine", "dispatch", "experts", "step"];
        Assert.All(steps, step => Assert.Equal(phases, step.Phases.Keys.Order(StringComparer.Ordinal)));
        // Two sequences on each rank, two ranks on each core, two layers.
        var attention = steps.Select(step => step.Phases["attention"]).ToArray();
        Assert.All(attention.Zip(attention[1..]), pair => Assert.Equal(2 * 2 * 2 * 1e-3, pair.Second - pair.First, 1e-9));
    }

    [Theory]
    [InlineData(0.5, 5)]
    [InlineData(0.1, 1)]
    [InlineData(0.9, 9)]
    [InlineData(1, 10)]
    public void Quantiles_are_those_by_nearest_rank(double share, double expected) =>
        Assert.Equal(expected, RealityMeasurement.Quantile(Enumerable.Range(1, 10).Reverse().Select(i => (double)i), share));

    public void Dispose() => folder.Dispose();
}
