using MoEPlace.Evaluation;
using MoEPlace.Simulation.Work;
using Xunit;

namespace MoEPlace.Simulation.Tests.Work;

public sealed class RoutedTokensTests
{
    private static readonly MoEModel Model = new("tiny", 1, [0], 8, 2);
    private static readonly Cluster Cluster = TinyTrace.Cluster(2, 2);

    [Theory]
    [InlineData(ServingPhase.Prefill, false)]
    [InlineData(ServingPhase.Decode, false)]
    [InlineData(ServingPhase.Decode, true)]
    public void Steps_take_other_rows_until_all_were_taken(ServingPhase phase, bool steps)
    {
        using var given = TinyTrace.Of(Model, Cluster, tokens: 120, seed: 1, step: steps ? row => row / 12 : null);
        var routing = new RoutedTokens(given.Slice, phase);
        var taken = Enumerable.Range(0, 120).Select(i => routing.RowOf(i / 12, i % 12, 12)).ToList();
        Assert.Equal(Enumerable.Range(0, 120).Select(row => (long)row), taken.Order());
        Assert.Equal(taken.Take(12).Order(), Enumerable.Range(0, 12).Select(number => routing.RowOf(10, number, 12)).Order());
    }

    [Fact]
    public void Prefill_and_recorded_steps_are_consecutive_and_other_decode_is_spread()
    {
        using var plain = TinyTrace.Of(Model, Cluster, tokens: 120, seed: 1);
        using var stepped = TinyTrace.Of(Model, Cluster, tokens: 120, seed: 1, step: row => row / 12);
        Assert.Equal([36, 37, 38], First(plain, ServingPhase.Prefill));
        Assert.Equal([36, 37, 38], First(stepped, ServingPhase.Decode));
        Assert.Equal([3, 13, 23], First(plain, ServingPhase.Decode));

        static IEnumerable<long> First(TinyTrace given, ServingPhase phase)
        {
            var routing = new RoutedTokens(given.Slice, phase);
            return Enumerable.Range(0, 3).Select(number => routing.RowOf(step: 3, number, tokens: 12));
        }
    }

    [Fact]
    public void Rows_are_those_of_the_phase_or_all_where_none_is_recorded()
    {
        using var mixed = TinyTrace.Of(Model, Cluster, tokens: 20, seed: 1, phase: row => (byte)(row % 4 == 0 ? 1 : 0));
        using var prompts = TinyTrace.Of(Model, Cluster, tokens: 20, seed: 1, phase: _ => 0);
        Assert.Equal(5, new RoutedTokens(mixed.Slice, ServingPhase.Decode).Count);
        Assert.Equal(15, new RoutedTokens(mixed.Slice, ServingPhase.Prefill).Count);
        Assert.Equal(20, new RoutedTokens(prompts.Slice, ServingPhase.Decode).Count);
        Assert.Equal(8, new RoutedTokens(mixed.Slice, ServingPhase.Decode).RowOf(0, 2, 5));
    }

    [Fact]
    public void Tokens_without_homes_are_dealt_evenly_over_the_ranks_that_are_left()
    {
        using var given = TinyTrace.Of(new MoEModel("tiny", 1, [0], 2, 1), Cluster, tokens: 50, seed: 1);
        foreach (var phase in Enum.GetValues<ServingPhase>())
        {
            // Two experts stand on ranks 0 and 2.
            var options = new WorkOptions { Phase = phase, TokensPerStep = 31, LostRanks = [1] };
            var work = StepWork.Count(given.Slice, given.Placement, Cluster, options, 0, 0, 1);
            var resident = work.ResidentTokens(0).ToArray();
            Assert.Equal(0, resident[1]);
            Assert.Equal([10, 10, 11], new[] { resident[0], resident[2], resident[3] }.Order());
            Assert.False(work.Repeated);
        }
    }

    [Fact]
    public void Recorded_homes_are_kept_unless_told_otherwise_and_those_of_lost_ranks_are_dealt()
    {
        var model = new MoEModel("tiny", 1, [0], 2, 1);
        using var given = TinyTrace.Of(model, Cluster, tokens: 30, seed: 1, home: row => (ushort)(row < 20 ? 3 : 1));
        Assert.Equal([0, 10, 0, 20], Homes(new WorkOptions { TokensPerStep = 30 }));
        Assert.Equal([8, 8, 7, 7], Homes(new WorkOptions { TokensPerStep = 30, RecordedHomes = false }));
        var lost = Homes(new WorkOptions { TokensPerStep = 30, LostRanks = [1] });
        Assert.Equal(0, lost[1]);
        Assert.Equal(10, lost[0] + lost[2] + lost[3] - 20);

        int[] Homes(WorkOptions options) =>
            StepWork.Count(given.Slice, given.Placement, Cluster, options, 0, 0, 1).ResidentTokens(0).ToArray();
    }

    [Fact]
    public void A_trace_that_is_shorter_than_a_step_comes_again_and_this_is_told()
    {
        using var given = TinyTrace.Of(Model, Cluster, tokens: 6, seed: 1);
        var once = StepWork.Count(given.Slice, given.Placement, Cluster, new WorkOptions { TokensPerStep = 6 }, 0, 0, 1);
        var often = StepWork.Count(given.Slice, given.Placement, Cluster, new WorkOptions { TokensPerStep = 600 }, 0, 0, 1);
        Assert.Equal((false, 6L, 12L), (once.Repeated, once.RowsAvailable, once.Pairs));
        Assert.Equal((true, 6L, 1200L), (often.Repeated, often.RowsAvailable, often.Pairs));
        for (var rank = 0; rank < 4; rank++)
            for (var slot = 0; slot < 2; slot++)
                Assert.Equal(100 * Tokens(once, rank, slot), Tokens(often, rank, slot));

        static int Tokens(StepWork work, int rank, int slot) => work.ExpertTokens(new LayerId(0), new RankId(rank))[slot];
    }

    [Fact]
    public void A_step_of_more_tokens_than_one_chunk_equals_its_parts()
    {
        var model = new MoEModel("long", 40, [.. Enumerable.Range(0, 40)], 16, 8);
        using var given = TinyTrace.Of(model, Cluster, tokens: 300, seed: 2);
        var options = new WorkOptions { TokensPerStep = 9_001, Residency = Residency.Coherent };
        var whole = Count(0, 1);
        StepWork[] parts = [.. Enumerable.Range(0, 7).Select(part => Count(part, 7))];
        foreach (var layer in WorkCase.LayersOf(whole))
        {
            Assert.Equal(whole.Dispatch(layer)[0].TotalBytes, parts.Sum(part => part.Dispatch(layer)[0].TotalBytes));
            Assert.Equal(whole.Combine(layer)[0].TotalBytes, parts.Sum(part => part.Combine(layer)[0].TotalBytes));
            for (var rank = 0; rank < 4; rank++)
                Assert.Equal(whole.ResidentTokens(layer.Value + 1)[rank], parts.Sum(part => part.ResidentTokens(layer.Value + 1)[rank]));
        }

        StepWork Count(int part, int parts) => StepWork.Count(given.Slice, given.Placement, Cluster, options, 0, part, parts);
    }
}
