using System.Collections.Immutable;
using MoEPlace.Executor.Applying;
using MoEPlace.Service.Jobs;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>How a job follows what the service wishes, with a desk at which nobody but the test works.</summary>
public sealed class ServiceLinkWishTests
{
    private static readonly ExpertPlacement From = Of([0, 1], [2, 3]), To = Of([2, 3], [0, 1]), Other = Of([0, 2], [1, 3]);
    private readonly ApplyDesk desk = new();
    private readonly List<string> fetched = [];
    private readonly ServiceLinkWish follower;
    private Func<string, ExpertPlacement> source = digest => new[] { From, To, Other }.Single(one => one.Digest == digest);

    public ServiceLinkWishTests()
    {
        follower = new ServiceLinkWish(desk, (digest, _) =>
        {
            fetched.Add(digest);
            return Task.FromResult(source(digest));
        });
        desk.Serve(new Epoch(3, From));
    }

    [Fact]
    public async Task Nothing_wished_nothing_done()
    {
        Assert.False(await Follow(null));
        Assert.Equal((JobAnswer.Serving, null), (follower.Answer, follower.Current));
        Assert.Equal((3, From.Digest), follower.InForce);
        Assert.Null(desk.Take());
    }

    [Fact]
    public async Task What_is_in_force_already_is_done_without_a_move()
    {
        Assert.True(await Follow(Wish(1, 1, From)));
        Assert.Equal((JobAnswer.Done, 1), (follower.Answer, follower.Current!.Apply));
        Assert.Empty(fetched);
        Assert.Null(desk.Take());
    }

    [Fact]
    public async Task An_attempt_is_begun_once_however_often_it_is_wished()
    {
        var wish = Wish(4, 2, To) with { BytesPerStep = 12_345 };
        for (var i = 0; i < 3; i++)
            Assert.False(await Follow(wish));
        Assert.Equal(new ApplyRequest(To, 12_345), desk.Take());
        await Follow(wish);
        Assert.Equal(JobAnswer.Moving, follower.Answer);
        Tell(ApplyState.Preparing, 3, waves: 2);
        Tell(ApplyState.Aborted, 3, waves: 2, reason: "rank 1 has no memory for wave 1");
        await Follow(wish);
        Assert.Equal((JobAnswer.GivenUp, "rank 1 has no memory for wave 1"), (follower.Answer, follower.Reason));
        Assert.Null(desk.Take());
        Assert.Single(fetched);
        await Follow(wish with { Attempt = 3 });
        Assert.NotNull(desk.Take());
        Assert.Equal((JobAnswer.Moving, 3), (follower.Answer, follower.Current!.Attempt));
    }

    [Fact]
    public async Task Done_tells_the_canary_and_the_way_back_is_another_attempt()
    {
        await Follow(Wish(1, 1, To));
        desk.Take();
        desk.Serve(new Epoch(4, To));
        Tell(ApplyState.Done, 4, waves: 1, canary: 1e-7);
        await Follow(Wish(1, 1, To));
        Assert.Equal((JobAnswer.Done, 1e-7, (4, To.Digest)), (follower.Answer, follower.Told!.CanaryDifference, follower.InForce!.Value));
        await Follow(Wish(1, 2, From));
        Assert.Equal(From, desk.Take()!.Target);
    }

    [Fact]
    public async Task What_was_not_even_begun_is_refused()
    {
        await Follow(Wish(1, 1, To));
        desk.Take();
        Tell(ApplyState.Aborted, 3, waves: 0, reason: "layer 0, rank 1: 1 more spare slots are needed");
        await Follow(Wish(1, 1, To));
        Assert.Equal((JobAnswer.Refused, "layer 0, rank 1: 1 more spare slots are needed"), (follower.Answer, follower.Reason));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_under_way_is_given_up_when_something_else_is_wished_or_nothing(bool other)
    {
        await Follow(Wish(1, 1, To));
        desk.Take();
        Tell(ApplyState.Preparing, 3, waves: 2);
        var next = other ? Wish(1, 2, Other) : null;
        await Follow(next);
        await Follow(next);
        Assert.True(desk.TakeAbort());
        Assert.Null(desk.Take());
        Tell(ApplyState.Aborted, 3, waves: 2, reason: "it was asked for");
        await Follow(next);
        Assert.Equal(other ? Other : null, desk.Take()?.Target);
    }

    [Fact]
    public async Task A_job_that_somebody_else_moves_is_asked_when_that_is_over()
    {
        desk.Ask(new ApplyRequest(Other, 1));
        await Follow(Wish(1, 1, To));
        Assert.Equal((JobAnswer.Serving, null), (follower.Answer, follower.Current));
        Assert.Equal(Other, desk.Take()!.Target);
        Tell(ApplyState.Done, 4, waves: 1);
        await Follow(Wish(1, 1, To));
        Assert.Equal(To, desk.Take()!.Target);
    }

    [Fact]
    public async Task A_placement_that_does_not_come_leaves_the_attempt_unbegun()
    {
        source = _ => throw new IOException("no service answers");
        await Assert.ThrowsAsync<IOException>(() => Follow(Wish(1, 1, To)));
        Assert.Null(follower.Current);
        source = _ => To;
        await Follow(Wish(1, 1, To));
        Assert.NotNull(desk.Take());
    }

    [Fact]
    public async Task Another_map_than_the_one_that_is_wished_is_refused()
    {
        source = _ => Other;
        Assert.True(await Follow(Wish(1, 1, To)));
        Assert.Equal(JobAnswer.Refused, follower.Answer);
        Assert.Null(desk.Take());
    }

    private Task<bool> Follow(JobWish? wish) => follower.FollowAsync(wish, TestContext.Current.CancellationToken);

    private void Tell(ApplyState state, int epoch, int waves, string? reason = null, double? canary = null) =>
        desk.Tell(new ApplyStatus(state, epoch, 10, Math.Min(waves, 1), waves, 0, 100, reason, canary));

    private static JobWish Wish(int apply, int attempt, ExpertPlacement placement) => new(apply, attempt, placement.Digest, 1_000);

    private static ExpertPlacement Of(ImmutableArray<int> first, ImmutableArray<int> second) => new(
        "m", 1, [0], 4, 1, 2, [[first, second]], new PlacementProvenance("test", "", ImmutableSortedDictionary<string, string>.Empty, 0, "0"));
}
