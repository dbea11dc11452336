using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Executor.Tests.Models;
using MoEPlace.Torch;
using Xunit;

namespace MoEPlace.Executor.Tests.Applying;

public sealed class LiveFaultTests
{
    public static TheoryData<ApplyPoint, int> Points =>
        [.. Enum.GetValues<ApplyPoint>().SelectMany(point => new[] { (point, 0), (point, 1) })];

    [Theory]
    [MemberData(nameof(Points))]
    public void A_rank_that_is_killed_ends_the_run_and_names_itself(ApplyPoint point, int rank)
    {
        var run = LiveApplyTests.Swap("olmoe", 20_000, new FaultDrill(rank, point, FaultKind.Kill));
        var loss = Assert.Throws<RankLossException>(run.Run);
        Assert.Equal((false, $"rank {rank} was killed at {point}"), (loss.OfAnother, loss.Message));
        Assert.Equal(ApplyState.Ended, run.Desk.Status.State);
    }

    [Theory]
    [MemberData(nameof(Points))]
    public void Where_memory_is_full_before_a_commit_the_old_epoch_serves(ApplyPoint point, int rank)
    {
        var run = LiveApplyTests.Swap("olmoe", 20_000, new FaultDrill(rank, point, FaultKind.FullMemory)).Run();
        run.RequireUndisturbed();
        var last = run.Statuses[^1];
        Assert.Equal((ApplyState.Aborted, $"rank {rank} has no memory for wave {(point < ApplyPoint.Prepared ? 1 : 2)}"), (last.State, last.Reason));
        Assert.Equal(point < ApplyPoint.Prepared ? 0 : 1, last.Epoch);
    }

    [Theory]
    [MemberData(nameof(Points))]
    public void A_slow_rank_makes_the_others_wait_and_nothing_else(ApplyPoint point, int rank)
    {
        var run = LiveApplyTests.Swap("mixtral", 20_000, new FaultDrill(rank, point, FaultKind.Delay)).Run();
        run.RequireUndisturbed();
        Assert.Equal(ApplyState.Done, run.Statuses[^1].State);
    }

    [Theory]
    [InlineData(ApplyPoint.Announced, 0, 1)]
    [InlineData(ApplyPoint.BeforePart, 0, 1)]
    [InlineData(ApplyPoint.BeforePart, 1, 2)]
    [InlineData(ApplyPoint.BeforePart, 1, 9)]
    [InlineData(ApplyPoint.AfterPart, 0, 5)]
    public void An_expert_of_which_a_part_is_lost_travels_again(ApplyPoint point, int rank, int occurrence)
    {
        var drill = new FaultDrill(rank, point, FaultKind.LoseMessage, occurrence);
        var run = LiveApplyTests.Swap("olmoe", 5_000, drill).Run();
        run.RequireUndisturbed();
        var told = run.Statuses;
        Assert.Equal((ApplyState.Done, told[^1].BytesInAll), (told[^1].State, told[^1].BytesMoved));
        Assert.Contains(told.Zip(told.Skip(1)), pair => pair.Second.BytesMoved < pair.First.BytesMoved);
    }

    [Theory]
    [InlineData("mixtral", ApplyPoint.Verified, 0)]
    [InlineData("olmoe", ApplyPoint.Prepared, 1)]
    [InlineData("deepseek-v3", ApplyPoint.Released, 1)]
    public void Weights_that_are_damaged_after_their_checksums_were_compared_show_in_the_canary_also_on_the_way_back(string layout, ApplyPoint point, int rank)
    {
        var from = Placements.Contiguous(LiveApplyTests.Config(layout), 2);
        var run = new LiveCase
        {
            Layout = layout,
            From = from,
            Drill = new FaultDrill(rank, point, FaultKind.FlipBits),
            AfterStep = (done, self) =>
            {
                if (done == 3)
                    self.Ask(LiveApplyTests.Turned(self.Config, 2), long.MaxValue);
                else if (self.Readers.Count == 1 && self.Desk.Status.State == ApplyState.Done)
                    self.Ask(from, long.MaxValue);
            },
        }.Run();
        foreach (var apply in new[] { 0, 1 })
        {
            var last = run.Told(apply)[^1];
            Assert.Equal(ApplyState.Done, last.State);
            Assert.True(last.CanaryDifference > 1e-3, $"apply {apply}: {last.CanaryDifference}");
        }
    }

    [Fact]
    public void An_expert_that_never_arrives_unharmed_ends_the_apply_and_is_named()
    {
        var run = new LiveCase
        {
            Layout = "olmoe",
            From = Placements.Contiguous(LiveApplyTests.Config("olmoe"), 2),
            Around = group => new GarblingRanks(group, group.Rank == 1),
            AfterStep = (done, self) =>
            {
                if (done == 3)
                    self.Ask(LiveApplyTests.Turned(self.Config, 2), 100_000);
            },
        }.Run();
        run.RequireUndisturbed();
        var last = run.Statuses[^1];
        Assert.Equal((ApplyState.Aborted, 0), (last.State, last.Epoch));
        Assert.Matches("^expert \\d+ of layer \\d+ does not reach rank 1 from rank 0 unharmed$", last.Reason);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void An_apply_is_given_up_by_wish_and_another_can_follow(int after)
    {
        var asked = 0;
        var run = new LiveCase
        {
            Layout = "deepseek-v3",
            From = Placements.Contiguous(LiveApplyTests.Config("deepseek-v3"), 2),
            AfterStep = (done, self) =>
            {
                if (done == 3)
                    self.Ask(LiveApplyTests.Turned(self.Config, 2), 20_000);
                if (done == 3 + after)
                    self.Desk.Abort();
                if (self.Readers.Count == 1 && self.Desk.Status.State == ApplyState.Aborted && asked++ == 0)
                    self.Ask(LiveApplyTests.Turned(self.Config, 2), long.MaxValue);
            },
        }.Run();
        run.RequireUndisturbed();
        var last = run.Told(0)[^1];
        Assert.Equal((ApplyState.Aborted, "it was asked for"), (last.State, last.Reason));
        Assert.Equal(ApplyState.Done, run.Told(1)[^1].State);
    }

    [Fact]
    public void An_epoch_that_cannot_be_put_on_record_is_not_put_in_force()
    {
        var run = LiveApplyTests.Swap("mixtral", long.MaxValue, record: epoch =>
        {
            if (epoch.Number == 2)
                throw new IOException("the disk is full");
        }).Run();
        run.RequireUndisturbed();
        var last = run.Statuses[^1];
        Assert.Equal(
            (ApplyState.Aborted, 1, "the epoch could not be put on record: the disk is full"), (last.State, last.Epoch, last.Reason));
    }

    [Fact]
    public void A_target_without_a_way_is_refused_with_its_reason()
    {
        var run = new LiveCase
        {
            Layout = "mixtral",
            From = Placements.Contiguous(LiveApplyTests.Config("mixtral"), 2),
            AfterStep = (done, self) =>
            {
                if (done == 3)
                    self.Ask(Placements.Of(self.Config, 2, (_, rank) => rank == 0 ? [0] : [0, 1, 2, 3, 4, 5]), 1000);
            },
        }.Run();
        run.RequireUndisturbed();
        var last = run.Statuses[^1];
        Assert.Equal(ApplyState.Aborted, last.State);
        Assert.Contains("rank 1: 2 more spare slots are needed", last.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_the_spare_slots_is_refused()
    {
        var placement = Placements.Contiguous(LiveApplyTests.Config("mixtral"), 1);
        var options = new RunOptions { Placement = placement, Live = new LiveOptions() };
        using var model = Layouts.Load(Layouts.Folder("mixtral"), placement);
        var refused = Assert.Throws<InputException>(() => VirtualRanks.Run(
            1, group => RankRun.Run(group, model, LiveCase.JobOf(model.Config), options)));
        Assert.Contains("model.layers[0].slots = 6; allowed: 7", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>A group on whose channel one rank gets the last byte of every message wrong.</summary>
    private sealed class GarblingRanks(IRankGroup inner, bool garbles, bool isChannel = false) : IRankGroup
    {
        public int Rank => inner.Rank;

        public int Size => inner.Size;

        public Tensor AllToAll(Tensor rows, ReadOnlySpan<long> sent, ReadOnlySpan<long> received)
        {
            var all = inner.AllToAll(rows, sent, received);
            // Parts of experts are bytes; so is the target, which comes from rank 0 as text.
            if (garbles && isChannel && all.dtype == ScalarType.Byte && all.size(0) > 0 && all.select(0, 0).item() != '{')
                all.narrow(0, all.size(0) - 1, 1).copy_(torch.tensor<byte>([(byte)(all.select(0, -1).item() + 1)]));
            return all;
        }

        public long[] AllToAll(ReadOnlySpan<long> values, int perRank) => inner.AllToAll(values, perRank);

        public Tensor AllGather(Tensor rows, ReadOnlySpan<long> counts) => inner.AllGather(rows, counts);

        public void AllReduce(Tensor tensor) => inner.AllReduce(tensor);

        public void Barrier() => inner.Barrier();

        public IRankGroup OpenChannel() => new GarblingRanks(inner.OpenChannel(), garbles, isChannel: true);

        public void Dispose() => inner.Dispose();
    }
}
