using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Control;
using Xunit;

namespace MoEPlace.Executor.Tests.Control;

public sealed class ControlClientTests
{
    [Fact]
    public async Task An_apply_comes_to_the_desk_as_it_was_asked_and_is_followed_to_its_end()
    {
        using var given = new PortCase();
        var following = Follow(given.Client);
        var taken = given.Take();
        Assert.Equal(PortCase.Target, taken.Target);
        Assert.Equal(123, taken.BytesPerStep);
        ApplyStatus[] told =
        [
            new(ApplyState.Preparing, 0, 5, 1, 2, 40, 100), new(ApplyState.Committed, 1, 6, 1, 2, 40, 100),
            new(ApplyState.Preparing, 1, 6, 2, 2, 40, 100), PortCase.Done,
        ];
        foreach (var status in told)
            given.Desk.Tell(status);
        Assert.Equal(told, await following);
        Assert.Equal(PortCase.Done, await given.Client.StatusAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Asks_how_it_stands_and_for_an_end_from_elsewhere_while_an_apply_is_followed()
    {
        using var given = new PortCase();
        Assert.Equal(new ApplyStatus(ApplyState.Serving, 0, 0), await given.Client.StatusAsync(TestContext.Current.CancellationToken));
        var following = Follow(given.Client);
        given.Take();
        var preparing = new ApplyStatus(ApplyState.Preparing, 3, 5, 1, 2, 40, 100);
        given.Desk.Tell(preparing);
        Assert.Equal(preparing, await given.Client.StatusAsync(TestContext.Current.CancellationToken));
        var second = await Assert.ThrowsAsync<ApplyRefusedException>(() => Follow(given.Client));
        Assert.Contains("no apply under way", second.Message, StringComparison.Ordinal);

        var aborting = given.Client.AbortAsync(TestContext.Current.CancellationToken);
        while (!given.Desk.TakeAbort())
            await Task.Delay(5, TestContext.Current.CancellationToken);
        var aborted = preparing with { State = ApplyState.Aborted, Reason = "asked to" };
        given.Desk.Tell(aborted);
        Assert.Equal(aborted, await aborting);
        Assert.Equal([preparing, aborted], await following);
    }

    [Fact]
    public async Task An_abort_before_the_job_has_taken_the_request_takes_it_back()
    {
        using var given = new PortCase();
        var following = Follow(given.Client);
        while ((await given.Client.StatusAsync(TestContext.Current.CancellationToken)).State != ApplyState.Preparing)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        var aborted = await given.Client.AbortAsync(TestContext.Current.CancellationToken);
        Assert.Equal((ApplyState.Aborted, "it was asked for"), (aborted.State, aborted.Reason));
        Assert.Equal([aborted], await following);
        Assert.Null(given.Desk.Take());
        Assert.False(given.Desk.TakeAbort());
    }

    [Fact]
    public async Task Refuses_a_placement_that_is_not_of_the_job_with_every_fault_and_changes_nothing()
    {
        using var given = new PortCase();
        var other = new ApplyRequest(PortCase.Map([[[0, 1], [2], [3, 4]], [[0, 1], [2], [3, 4]]], experts: 5), 0);
        var bad = await Assert.ThrowsAsync<InputException>(() => Follow(given.Client, other));
        Assert.Equal(["bytesPerStep", "experts", "ranksPerNode"], bad.Faults.Select(fault => fault.Field));
        Assert.Null(given.Desk.Take());
        Assert.Equal(ApplyState.Serving, given.Desk.Status.State);
    }

    [Fact]
    public async Task A_client_that_leaves_stops_nothing()
    {
        using var given = new PortCase();
        using (var leaves = new CancellationTokenSource())
        {
            var following = Follow(given.Client, leaves: leaves);
            given.Take();
            await leaves.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);
        }
        for (var step = 0; step < 5_000; step++)
            given.Desk.Tell(new ApplyStatus(ApplyState.Preparing, 0, step));
        Assert.Equal(4_999, (await given.Client.StatusAsync(TestContext.Current.CancellationToken)).Steps);
        given.Desk.Tell(PortCase.Done);
        var again = Follow(given.Client);
        given.Take();
        given.Desk.Tell(PortCase.Done with { Epoch = 4 });
        Assert.Equal(4, (await again)[^1].Epoch);
    }

    [Fact]
    public async Task What_the_job_told_last_arrives_though_it_ends()
    {
        using var given = new PortCase();
        var following = Follow(given.Client);
        given.Take();
        var ended = new ApplyStatus(ApplyState.Ended, 0, 9);
        given.Desk.Tell(ended);
        given.Port.Dispose();
        Assert.Equal(ended, (await following)[^1]);
        var refused = Assert.Throws<IOException>(() => given.Client);
        Assert.Contains(given.Path, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_goes_away_without_a_word_is_told_as_such()
    {
        using var given = new PortCase();
        var client = given.Client;
        var following = Follow(client);
        given.Take();
        given.Port.Dispose();
        Assert.Contains("went away", (await Assert.ThrowsAsync<IOException>(() => following)).Message, StringComparison.Ordinal);
        var alone = await Assert.ThrowsAsync<IOException>(() => client.StatusAsync(TestContext.Current.CancellationToken));
        Assert.Contains("no job answers", alone.Message, StringComparison.Ordinal);
    }

    private static async Task<List<ApplyStatus>> Follow(ControlClient client, ApplyRequest? wish = null, CancellationTokenSource? leaves = null)
    {
        var told = new List<ApplyStatus>();
        var end = leaves?.Token ?? TestContext.Current.CancellationToken;
        await foreach (var status in client.ApplyAsync(wish ?? new ApplyRequest(PortCase.Target, 123), end))
            told.Add(status);
        return told;
    }
}
