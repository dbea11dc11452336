using MoEPlace.Evaluation;
using MoEPlace.Simulation.Schedules;
using MoEPlace.Simulation.Work;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Simulation.Tests.Work;

public sealed class BadWorkTests
{
    private static readonly MoEModel Model = new("tiny", 1, [0], 8, 2);
    private static readonly Cluster Cluster = TinyTrace.Cluster(2, 2);

    [Fact]
    public void Refuses_options_out_of_range_all_at_once()
    {
        var faults = FaultsOf(new WorkOptions
        {
            Residency = (Residency)9,
            AllToAll = (AllToAllAlgorithm)9,
            Copies = (CopyUnit)9,
            Phase = ServingPhase.Decode,
            CapacityFactor = 0,
            DispatchBytesPerToken = 0,
            CombineBytesPerToken = -1,
            ContextBytesPerTokenLayer = long.MaxValue,
            TokensPerStep = 0,
            PairRanks = 513,
            LostRanks = [4, -1],
        });
        Assert.Equal(
            [
                "residency", "allToAll", "copies", "capacityFactor", "dispatchBytesPerToken", "combineBytesPerToken",
                "contextBytesPerTokenLayer", "tokensPerStep", "pairRanks", "lostRanks[0]", "lostRanks[1]",
            ],
            faults);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-1)]
    public void Refuses_a_capacity_factor_that_is_no_number_of_rooms(double factor) =>
        Assert.Equal(["capacityFactor"], FaultsOf(new WorkOptions { CapacityFactor = factor }));

    [Fact]
    public void Refuses_rooms_where_hidden_states_move_or_are_deduplicated() => Assert.Equal(
        ["residency", "allToAll"],
        FaultsOf(new WorkOptions { CapacityFactor = 1, Residency = Residency.Coherent, AllToAll = AllToAllAlgorithm.NodeDeduplicated }));

    [Fact]
    public void Refuses_lost_ranks_that_hold_experts_and_losing_all()
    {
        Assert.Equal(["lostRanks[0]", "lostRanks[1]"], FaultsOf(new WorkOptions { LostRanks = [1, 3] }));
        Assert.Equal(["lostRanks"], FaultsOf(new WorkOptions { LostRanks = [0, 1, 2, 3] }));
        Assert.Equal(["lostRanks"], FaultsOf(new WorkOptions { LostRanks = default }));
    }

    [Fact]
    public void Refuses_a_placement_and_a_trace_that_do_not_fit()
    {
        using var given = TinyTrace.Of(Model, Cluster, tokens: 4, seed: 1, order: ChoiceOrder.Unordered);
        using var other = TinyTrace.Of(new MoEModel("other", 2, [0, 1], 4, 2), TinyTrace.Cluster(1, 4), tokens: 4, seed: 1);
        var e = Assert.Throws<InputException>(
            () => StepWork.Count(given.Slice, other.Placement, Cluster, new WorkOptions { Residency = Residency.Coherent }, 0, 0, 1));
        Assert.Equal(
            ["placement.experts", "placement.layers", "placement.nodes", "placement.ranksPerNode", "residency"],
            e.Faults.Select(fault => fault.Field));
    }

    [Fact]
    public void Refuses_a_home_outside_the_cluster_and_names_the_row()
    {
        using var given = TinyTrace.Of(Model, Cluster, tokens: 4, seed: 1, home: row => (ushort)(row == 2 ? 4 : 0));
        var kept = new WorkOptions { TokensPerStep = 4 };
        var e = Assert.Throws<InputException>(() => StepWork.Count(given.Slice, given.Placement, Cluster, kept, 0, 0, 1));
        Assert.Equal("home[2]", Assert.Single(e.Faults).Field);
        var dealt = kept with { RecordedHomes = false };
        Assert.Equal(4, StepWork.Count(given.Slice, given.Placement, Cluster, dealt, 0, 0, 1).Tokens);
    }

    [Fact]
    public void Refuses_parts_that_are_not_there()
    {
        using var given = TinyTrace.Of(Model, Cluster, tokens: 4, seed: 1);
        foreach (var (step, part, parts) in (ReadOnlySpan<(int, int, int)>)[(-1, 0, 1), (0, -1, 1), (0, 1, 1), (0, 0, 0)])
            Assert.Throws<ArgumentOutOfRangeException>(
                () => StepWork.Count(given.Slice, given.Placement, Cluster, new WorkOptions(), step, part, parts));
    }

    private static IEnumerable<string> FaultsOf(WorkOptions options)
    {
        using var given = TinyTrace.Of(Model, Cluster, tokens: 4, seed: 1);
        var e = Assert.Throws<InputException>(() => StepWork.Count(given.Slice, given.Placement, Cluster, options, 0, 0, 1));
        return e.Faults.Select(fault => fault.Field);
    }
}
