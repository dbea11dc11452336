using System.Text.Json;
using MoEPlace.Executor.Calibrating;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Tests.Models;
using MoEPlace.Executor.Tests.Ranks;
using MoEPlace.Results;
using MoEPlace.Torch;
using Xunit;

namespace MoEPlace.Executor.Tests.Calibrating;

public sealed class CalibrationRunTests
{
    private static readonly int[] Tokens = [1, 5], Contexts = [3, 20];

    [Theory]
    [InlineData("mixtral", 1, 1, false, "float32", "itself")]
    [InlineData("olmoe", 4, 4, true, "bfloat16", "itself, intra-node")]
    [InlineData("qwen3-moe", 4, 2, false, "bfloat16", "itself, intra-node, inter-node, all")]
    [InlineData("deepseek-v2-lite", 4, 2, true, "float32", "itself, intra-node, inter-node, all")]
    [InlineData("deepseek-v3", 3, 1, false, "float32", "itself, inter-node")]
    public void Every_point_is_measured_once_and_all_ranks_know_the_same(
        string layout, int ranks, int ranksPerNode, bool processes, string type, string peers)
    {
        var all = Run(layout, ranks, processes, _ => ranksPerNode, Enum.Parse<ScalarType>(type, ignoreCase: true));
        var (told, config) = (all[0], TransformerConfig.Read(Layouts.Folder(layout)));
        Assert.Equal((layout, type, ranks / ranksPerNode, ranksPerNode), (told.Model, told.ElementType, told.Nodes, told.RanksPerNode));
        Assert.Equal(Math.Min(Environment.ProcessorCount, ranksPerNode), told.CoresPerNode);
        Assert.Single(all.Select(one => JsonSerializer.Serialize(one, StrictJson.Options)).Distinct());

        var points = Tokens.SelectMany(n => Contexts.Select(c => (n, c)));
        Assert.Equal(points, told.Attention.Select(one => (one.Tokens, one.ContextTokens)));
        Assert.Equal(Tokens.Select(n => (n, 0)), told.Step.Select(one => (one.Tokens, one.ContextTokens)));
        var bytes = config.HiddenSize * (type == "float32" ? 4 : 2);
        Assert.Equal(
            from peer in peers.Split(", ")
            from n in Tokens.Select(n => Math.Min(n, (n * config.Choices + ranks - 1) / ranks)).Distinct().Prepend(0)
            from way in new[] { "dispatch", "combine" }
            select (way, peer, (long)n * bytes),
            told.Exchanges.Select(one => (one.Direction, one.Peers, one.BytesPerPeer)));
        Assert.Equal(told.Experts.Length, told.Experts.DistinctBy(one => (one.Experts, one.Pairs)).Count());
        Assert.All(told.Experts, one => Assert.True(one.Experts >= 1 && one.Pairs >= one.Experts, one.ToString()));

        MeasuredTime[] times =
        [
            .. told.Attention.Select(one => one.Time), .. told.Experts.Select(one => one.Time), .. told.Step.Select(one => one.Time),
            .. told.Exchanges.Select(one => one.Time),
        ];
        Assert.All(times, time => Assert.True(time.P10 > 0 && time.P10 <= time.Median && time.Median <= time.P90, time.ToString()));
        Assert.All(times, time => Assert.Equal(times[0].Repeats, time.Repeats));
        Assert.True(times[0].Repeats >= 5);
    }

    [Fact]
    public void Nodes_of_unequal_size_are_refused()
    {
        var bad = Assert.Throws<InputException>(() => Run("mixtral", 2, false, rank => rank + 1, ScalarType.Float32));
        Assert.Contains("LOCAL_WORLD_SIZE", bad.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_fault_is_told_at_once()
    {
        var config = TransformerConfig.Read(Layouts.Folder("mixtral"));
        var faults = new InputFaults("calibrate");
        new CalibrationOptions { Tokens = [0, 1 << 17], Contexts = [65, 8, 8], Seconds = double.NaN, RanksPerNode = 3 }
            .Check(faults, config, 7);
        string[] told = [.. faults.ToImmutable().Select(fault => fault.ToString())];
        Assert.Equal(7, told.Length);
        string[] wanted =
            ["--tokens = 0", "--tokens = 131072", "--contexts = 65", "\"65 8 8\"", "--seconds = NaN", "LOCAL_WORLD_SIZE = 3", "--ranks = 7"];
        foreach (var part in wanted)
            Assert.Contains(told, line => line.Contains(part, StringComparison.Ordinal));
        var sound = new CalibrationOptions { Contexts = CalibrationOptions.ContextsOf(config), RanksPerNode = 2 };
        var none = new InputFaults("calibrate");
        sound.Check(none, config, 4);
        Assert.Empty(none.ToImmutable());
    }

    private static CalibrationMeasurements[] Run(string layout, int ranks, bool processes, Func<int, int> ranksPerNode, ScalarType type)
    {
        return processes ? ProcessRankThreads.Run(ranks, Work) : VirtualRanks.Run(ranks, Work);

        CalibrationMeasurements Work(IRankGroup group)
        {
            using var checkpoint = Checkpoint.Open(Layouts.Folder(layout));
            return CalibrationRun.Run(group, checkpoint, TorchDevice.Cpu, type, new CalibrationOptions
            {
                Tokens = [.. Tokens],
                Contexts = [.. Contexts],
                Seconds = 0.01,
                RanksPerNode = ranksPerNode(group.Rank),
            });
        }
    }
}
