using MoEPlace.Results;
using MoEPlace.Simulation.Devices.Fitting;
using MoEPlace.Simulation.Network;
using MoEPlace.Simulation.Tests.Network;
using Xunit;

namespace MoEPlace.Simulation.Tests.Devices;

public sealed class CalibrationFitTests
{
    private static readonly MoEModel Model = new("tiny", 2, [0, 1], 4, 2, new ModelDimensions(
        HiddenSize: 64, ExpertIntermediateSize: 32, SharedIntermediateSize: 0, DenseIntermediateSize: 0, VocabularySize: 10, AttentionHeads: 2,
        KeyValueHeads: 1, HeadSize: 2, ValueHeadSize: 2, KeyValueLatentSize: 0, QueryLatentSize: 0, RotaryHeadSize: 0,
        BytesPerExpertParameter: 4, BytesPerParameter: 4, BytesPerActivation: 4));

    [Fact]
    public void Gives_back_the_times_of_a_made_up_machine_at_sizes_that_it_did_not_see()
    {
        var (told, off) = (0, 0);
        for (var seed = 0; seed < 100; seed++)
        {
            var machine = new MadeUpMachine(seed);
            var cluster = CalibrationFit.Fit(machine.Measure(), Model, "made up");
            var c = cluster.Calibration!;
            var turns = c.CoresPerNode is { } cores ? machine.RanksPerNode / (double)cores : 1;
            foreach (var tokens in (int[])[2, 31, 200])
            {
                Near(machine.Attention(tokens, 77), turns * c.Attention.Of(tokens, 77), 1e-9, seed, $"attention of {tokens}");
                Near(machine.Experts(3, tokens), turns * c.Experts.Of(3, tokens), 1e-9, seed, $"experts of {tokens}");
                Near(machine.Step(tokens), turns * c.Step.Of(tokens, 0), 1e-9, seed, $"step of {tokens}");
            }
            foreach (var (direction, time) in (ReadOnlySpan<(string, ExchangeTime)>)[("dispatch", c.Dispatch), ("combine", c.Combine)])
                foreach (var peers in machine.Peers)
                    foreach (var bytes in (long[])[0, 1_000, 20_000, 300_000])
                    {
                        var (expected, actual) = (machine.Exchange(direction, peers, bytes), NetworkSeconds(cluster, time, peers, bytes));
                        // Where one row alone shows that bytes count on a tier, it does not tell start-up and bytes apart.
                        Near(expected, actual, 0.1, seed, $"{direction} of {bytes} to {peers}");
                        (told, off) = (told + 1, off + (Math.Abs(actual / expected - 1) < 1e-4 ? 0 : 1));
                    }
        }
        Assert.True(off * 200 < told, $"{off} of {told} exchanges are off");
    }

    [Fact]
    public void Noise_of_the_measurements_is_told_and_not_made_larger()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var measurements = new MadeUpMachine(seed, spread: 0.05).Measure();
            var cluster = CalibrationFit.Fit(measurements, Model, "made up");
            var errors = CalibrationFit.Rows(measurements, cluster).Select(row => Math.Abs(row.Error)).Order().ToArray();
            Assert.True(errors[errors.Length / 2] < 0.05, $"seed {seed}: {errors[errors.Length / 2]}");
            Assert.True(errors[^1] < 0.15, $"seed {seed}: {errors[^1]}");
            Assert.Contains($"fitted to {errors.Length} medians", cluster.Calibration!.Source, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_device_is_as_fast_as_its_experts_were_at_best()
    {
        var machine = new MadeUpMachine(1);
        var device = CalibrationFit.Fit(machine.Measure(), Model, "made up").Device;
        // 3 matrices of 64 x 32, a multiply and an add each; 4 bytes each.
        Assert.Equal(256 * 12_288 / machine.Experts(1, 256), device.FlopsPerSecond, device.FlopsPerSecond * 1e-9);
        Assert.Equal(4 * 24_576 / machine.Experts(4, 4), device.MemoryBandwidthBytesPerSecond, device.MemoryBandwidthBytesPerSecond * 1e-9);
    }

    [Fact]
    public void A_cluster_that_was_fitted_is_read_as_it_was_written()
    {
        var path = Path.Combine(Path.GetTempPath(), $"moeplace-fitted-{Guid.NewGuid():N}.json");
        try
        {
            for (var seed = 0; seed < 10; seed++)
            {
                var cluster = CalibrationFit.Fit(new MadeUpMachine(seed).Measure(), Model, "made up");
                File.WriteAllText(path, System.Text.Json.JsonSerializer.Serialize(cluster, StrictJson.Options));
                Assert.Equal(cluster, Cluster.Read(path));
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Tells_everything_that_cannot_have_been_measured_at_once()
    {
        var time = new MeasuredTime(1e-3, 1e-3, 1e-3, 3);
        var bad = new CalibrationMeasurements(
            CalibrationMeasurements.FormatName, "m", "tiny", "float32", 1, 2, 0, [new(1, 1, time with { Median = 0 })], [new(1, 0, time)], [],
            [new("sideways", "all", 1, time), new("dispatch", "inter-node", -1, time)]);
        var told = Assert.Throws<InputException>(() => CalibrationFit.Fit(bad, Model with { Dimensions = null }, "bad")).Message;
        string[] expected =
        [
            "coresPerNode = 0", "attention[0].time.median = 0", "experts[0].pairs = 0", "step", "exchanges[0].direction = \"sideways\"",
            "exchanges[1].bytesPerPeer = -1", "exchanges[1].peers = \"inter-node\"", "no combine", "a model with dimensions",
        ];
        foreach (var fault in expected)
            Assert.Contains(fault, told, StringComparison.Ordinal);
    }

    /// <summary>What the network of the cluster takes, by actors and flows.</summary>
    private static double NetworkSeconds(Cluster cluster, ExchangeTime time, string peers, long bytes)
    {
        var (ranks, perNode) = (cluster.Ranks, cluster.RanksPerNode);
        var sent = new long[ranks * ranks];
        for (var from = 0; from < ranks; from++)
            for (var to = 0; to < ranks; to++)
            {
                var near = from / perNode == to / perNode;
                var goes = from == to ? peers == "itself" : peers == "all" || peers == (near ? "intra-node" : "inter-node");
                sent[from * ranks + to] = goes ? bytes : 0;
            }
        return NetworkRun.TimeOf(cluster, ExchangeTraffic.OfPairs(ranks, perNode, sent), Transport.Measured(cluster, time)).Seconds;
    }

    private static void Near(double expected, double actual, double allowed, int seed, string what) => Assert.True(
        Math.Abs(actual / expected - 1) < allowed, $"seed {seed}, {what}: {actual} s, the machine takes {expected} s");
}
