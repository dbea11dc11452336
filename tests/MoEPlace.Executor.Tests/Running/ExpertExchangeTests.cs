using System.Collections.Immutable;
using MoEPlace.Evaluation;
using MoEPlace.Executor.Calibrating;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Executor.Tests.Models;
using MoEPlace.Executor.Tests.Ranks;
using MoEPlace.Torch;
using Xunit;

namespace MoEPlace.Executor.Tests.Running;

public sealed class ExpertExchangeTests
{
    private const int Ranks = 4;
    private static readonly TransformerConfig Config = TransformerConfig.Read(Layouts.Folder("olmoe"));

    [Theory]
    [InlineData(false, ScalarType.Float32, 8)]
    [InlineData(true, ScalarType.Float32, 1)]
    [InlineData(false, ScalarType.BFloat16, 3)]
    [InlineData(true, ScalarType.BFloat16, 7)]
    [InlineData(true, ScalarType.Float16, 5)]
    public void A_dispatch_brings_every_token_bit_by_bit_once_to_each_rank_of_its_experts(bool processes, ScalarType type, int width)
    {
        for (var seed = 1L; seed <= 5; seed++)
        {
            var placement = Placements.Random(Config, Ranks, new SeedStream(seed, "placement"));
            var told = processes ? ProcessRankThreads.Run(Ranks, Work) : VirtualRanks.Run(Ranks, Work);
            Assert.Equal(
                told.SelectMany(one => one.Sent).Order(StringComparer.Ordinal),
                told.SelectMany(one => one.Arrived).Order(StringComparer.Ordinal));
            Assert.True(told.Sum(one => one.Sent.Length) > 0, $"seed {seed}: nothing was sent");

            (ImmutableArray<string> Sent, ImmutableArray<string> Arrived) Work(IRankGroup group) =>
                Exchange(group, placement, seed, type, width);
        }
    }

    /// <summary>What should arrive where and what has arrived here, as text: target, source, token, choices, weights, bits.</summary>
    private static (ImmutableArray<string> Sent, ImmutableArray<string> Arrived) Exchange(
        IRankGroup group, ExpertPlacement placement, long seed, ScalarType type, int width)
    {
        using var scope = torch.NewDisposeScope();
        var rule = new DispatchRule(placement);
        var layer = new LayerId(1);
        var random = new SeedStream(seed, "tokens", group.Rank);
        // One rank has none to send.
        var count = group.Rank == (int)seed % Ranks ? 0 : random.Next(20);
        var step = MadeUpTokens.Batch(Ranks * 20, 1);
        int[] tokens = [.. Enumerable.Range(0, count).Select(i => group.Rank * 20 + i)];
        var choices = MadeUpTokens.Choose(count, Config, (_, _) => random.Next(Config.Experts + 2) - 1);
        var values = new float[count * width];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(random.NextDouble() - 0.5);
        var rows = torch.tensor<float>(values, [count, width]).to(type);
        var bits = rows.view(ScalarType.Byte).ToArray<byte>();
        var bytes = width * Tensor.BytesOf(type);

        var sent = ImmutableArray.CreateBuilder<string>();
        for (var i = 0; i < count; i++)
        {
            var real = choices.Experts.AsSpan(i * Config.Choices, Config.Choices).ToArray().Where(choices.IsReal);
            var (from, ordinal) = (new RankId(group.Rank), step.Ordinals[tokens[i]]);
            foreach (var rank in real.Select(e => rule.Choose(layer, new ExpertId(e), from, ordinal).Value).Distinct())
                sent.Add(Tell(rank, group.Rank, tokens[i], choices, i, bits.AsSpan(i * bytes, bytes)));
        }
        var exchange = new ExpertExchange(group, rule, new TrafficCounters(group.Rank, placement.RanksPerNode, bytes));
        var arrivals = exchange.Send(layer, step, tokens, rows, choices, keepsExpertless: false);
        Assert.Equal((type, (long)width), (arrivals.Rows.dtype, arrivals.Rows.size(1)));
        var got = arrivals.Rows.contiguous().view(ScalarType.Byte).ToArray<byte>();
        return (sent.ToImmutable(),
            [
                .. Enumerable.Range(0, arrivals.Tokens.Length).Select(i => Tell(
                    group.Rank, arrivals.Sources[i], arrivals.Tokens[i], arrivals.Choices, i, got.AsSpan(i * bytes, bytes))),
            ]);
    }

    private static string Tell(int target, int source, int token, TokenChoices choices, int row, ReadOnlySpan<byte> bits)
    {
        var range = (row * choices.Choices)..((row + 1) * choices.Choices);
        return FormattableString.Invariant($"{target} from {source}: {token} {string.Join(',', choices.Experts[range])} ")
            + string.Join(',', choices.Weights[range].Select(BitConverter.SingleToInt32Bits)) + " " + Convert.ToHexString(bits);
    }
}
