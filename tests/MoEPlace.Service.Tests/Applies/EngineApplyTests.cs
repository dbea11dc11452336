using MoEPlace.Service.Applies;
using MoEPlace.Service.Decisions;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Operations;
using MoEPlace.Service.State;
using MoEPlace.Service.Tests.Faults;
using Xunit;
using static MoEPlace.Service.Tests.State.Samples;

namespace MoEPlace.Service.Tests.Applies;

/// <summary>Applies of engines other than ours, which tell outcomes alone, and whoever waits for the turn of a job.</summary>
public sealed class EngineApplyTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private readonly HandClock clock = new();
    private readonly TaskCompletionSource mayDecide = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StateStore state = null!;
    private EngineHook hook = null!;
    private PlacementService service = null!;
    private Func<ServicePoint, ValueTask> strike = _ => ValueTask.CompletedTask;

    private static CancellationToken Never => TestContext.Current.CancellationToken;

    private static JobSpec Spec => SpecOf() with { Engine = JobEngine.Sglang, Webhook = "hook" };

    public async ValueTask InitializeAsync()
    {
        hook = await EngineHook.StartAsync();
        state = await StateStore.OpenAsync($"sqlite:{folder.File("state.db")}", cancellation: Never);
        service = PlacementService.Start(state, new ServiceParts
        {
            Options = new ServiceOptions { Webhooks = [new WebhookOptions("hook", hook.Url)], MostJobs = 2 },
            Worker = DecideAsync,
            Scratch = folder.File("scratch"),
            Time = clock,
            Drill = new ServiceDrill(point => strike(point)),
        });
        await UntilAsync(() => service.Leads);
    }

    public async ValueTask DisposeAsync()
    {
        await service.DisposeAsync();
        await state.DisposeAsync();
        await hook.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task The_outcome_of_an_attempt_that_was_rolled_back_tells_what_is_served_and_ends_nothing()
    {
        await BeginAsync();
        Assert.Equal(2, (await service.RollBackAsync("job", "bob", Never)).Attempt);
        var late = await service.ToldAsync("job", 1, new EngineOutcome(1, true), Never);
        Assert.Equal((ApplyPhase.Returning, 2, To.Digest), (late.Phase, late.Attempt, late.InForce));
        Assert.Equal((To.Digest, 1), (service.Job("job").Placement, service.Job("job").Epoch));
        var again = await service.ToldAsync("job", 1, new EngineOutcome(2, false, "it hangs"), Never);
        Assert.Equal((ApplyPhase.Returning, 3), (again.Phase, again.Attempt));
        Assert.Equal(ApplyPhase.Returned, (await service.ToldAsync("job", 1, new EngineOutcome(3, true), Never)).Phase);
        Assert.Equal((From.Digest, 2), (service.Job("job").Placement, service.Job("job").Epoch));
        Assert.Equal(ApplyPhase.Returned, (await service.ToldAsync("job", 1, new EngineOutcome(1, true), Never)).Phase);
        Assert.Equal(From.Digest, service.Job("job").Placement);
        await Assert.ThrowsAsync<JobNotFoundException>(() => service.ToldAsync("job", 1, new EngineOutcome(4, true), Never));
    }

    [Fact]
    public async Task A_webhook_that_did_not_take_a_wish_is_told_again_until_it_does()
    {
        hook.Status = 500;
        await BeginAsync();
        await UntilAsync(() => EventsAsync("told"), 1);
        for (var told = 1; told < 3; told++)
        {
            await PassUntilAsync(() => hook.Told.Count > told);
            Assert.Single(await EventsAsync("told"));
        }
        hook.Status = 202;
        await PassUntilAsync(() => EventsAsync("told").Result.Count == 2);
        var before = hook.Told.Count;
        clock.Pass(TimeSpan.FromSeconds(5));
        await service.ToldAsync("job", 1, new EngineOutcome(1, false, "no"), Never);
        Assert.Equal(before, hook.Told.Count);
        Assert.Single(hook.Told.Distinct());
    }

    [Fact]
    public async Task An_engine_of_which_nothing_is_told_for_half_an_hour_is_turned_back_and_then_given_up()
    {
        await BeginAsync();
        clock.Pass(ApplySteps.OutcomeLimit - TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<ConflictException>(() => service.ApplyAsync("job", 1, "test", Never));
        Assert.Equal(ApplyPhase.Asked, service.Job("job").Apply!.Phase);
        clock.Pass(TimeSpan.FromMinutes(1));
        await UntilAsync(() => service.Job("job").Apply!.Phase == ApplyPhase.Returning);
        await UntilAsync(() => hook.Told.Any(wish => wish.Attempt == 2 && wish.Placement == From.Digest));
        clock.Pass(ApplySteps.OutcomeLimit);
        await UntilAsync(() => service.Job("job").Apply!.Phase == ApplyPhase.Failed);
        await service.ToldAsync("job", 1, new EngineOutcome(1, true), Never);
        Assert.Equal(To.Digest, service.Job("job").Placement);
    }

    [Fact]
    public async Task A_job_that_is_registered_again_is_told_of_its_applies_again()
    {
        await BeginAsync();
        await service.ToldAsync("job", 1, new EngineOutcome(1, false, "no"), Never);
        await service.RemoveAsync("job", "bob", Never);
        clock.Pass(TimeSpan.FromSeconds(5));
        await BeginAsync();
        await UntilAsync(() => hook.Told.Count == 2);
        Assert.Equal(2, hook.Told.Select(wish => wish.BeganAt).Distinct().Count());
        Assert.Single(hook.Told.Select(wish => (wish.Apply, wish.Attempt)).Distinct());
    }

    [Fact]
    public async Task A_job_is_not_removed_while_an_apply_is_under_way()
    {
        await BeginAsync();
        await Assert.ThrowsAsync<ConflictException>(() => service.RemoveAsync("job", "bob", Never));
        Assert.Single(await state.JobsAsync(Never));
    }

    [Fact]
    public async Task Whoever_waited_for_the_turn_of_a_job_that_was_removed_writes_nothing()
    {
        await BeginAsync();
        // The end of the apply is held up, and behind it wait the removal and, behind that, a roll back.
        var (reached, on) = (new TaskCompletionSource(), new TaskCompletionSource());
        strike = async point =>
        {
            if (point != ServicePoint.BeforeOver)
                return;
            reached.TrySetResult();
            await on.Task;
        };
        var refused = service.ToldAsync("job", 1, new EngineOutcome(1, false, "no"), Never);
        await reached.Task.WaitAsync(Never);
        var removed = service.RemoveAsync("job", "bob", Never);
        var back = service.RollBackAsync("job", "bob", Never);
        var removedTwice = service.RemoveAsync("job", "bob", Never);
        on.SetResult();
        Assert.Equal(ApplyPhase.Refused, (await refused).Phase);
        await removed;
        await Assert.ThrowsAsync<JobNotFoundException>(() => back);
        await Assert.ThrowsAsync<JobNotFoundException>(() => removedTwice);
        Assert.Empty(await state.JobsAsync(Never));
    }

    [Fact]
    public async Task A_decision_of_a_job_that_was_removed_meanwhile_is_not_put_on_record()
    {
        await RegisterAsync();
        await service.PlanAsync("job", simulate: false, "test", Never);
        await service.RemoveAsync("job", "bob", Never);
        await service.RegisterAsync(Spec, Never);
        mayDecide.SetResult();
        service.Take("job", 10, [10, 5, 5, 0, 2, 3, 4, 5]);
        Assert.Equal(1, await service.PlanAsync("job", simulate: false, "test", Never));
        await UntilAsync(() => !service.Job("job").Planning);
        Assert.Single(await EventsAsync("decided"));
    }

    [Fact]
    public async Task Registrations_at_once_are_one_behind_the_other()
    {
        var alike = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => service.RegisterAsync(SpecOf("a"), Never))));
        Assert.All(alike, view => Assert.Equal("a", view.Name));
        Assert.Single(await state.EventsAsync(0, "a", 100, Never), e => e.Kind == "registered");
        var others = Enumerable.Range(0, 8).Select(i => Task.Run(() => service.RegisterAsync(SpecOf($"b{i}"), Never))).ToArray();
        await Task.WhenAll(others).ContinueWith(_ => { }, Never, TaskContinuationOptions.None, TaskScheduler.Default);
        Assert.Equal(1, others.Count(one => one.IsCompletedSuccessfully));
        Assert.Equal(service.Jobs().Select(job => job.Name), (await state.JobsAsync(Never)).Select(job => job.Spec.Name));
    }

    private async Task RegisterAsync()
    {
        await service.RegisterAsync(Spec, Never);
        service.Take("job", 10, [10, 5, 5, 0, 2, 3, 4, 5]);
    }

    // Apply 1 of decision 1, asked.
    private async Task BeginAsync()
    {
        mayDecide.TrySetResult();
        await RegisterAsync();
        await service.PlanAsync("job", simulate: false, "test", Never);
        await UntilAsync(() => !service.Job("job").Planning);
        Assert.Equal(1, (await service.ApplyAsync("job", 1, "test", Never)).Number);
    }

    private async Task<IReadOnlyList<ServiceEvent>> EventsAsync(string kind) =>
        [.. (await state.EventsAsync(0, "job", 1_000, Never)).Where(e => e.Kind == kind)];

    private static async Task UntilAsync(Func<Task<IReadOnlyList<ServiceEvent>>> events, int count)
    {
        while ((await events()).Count < count)
            await Task.Delay(5, Never);
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
            await Task.Delay(5, Never);
    }

    private async Task PassUntilAsync(Func<bool> holds)
    {
        for (; !holds(); await Task.Delay(20, Never))
            clock.Pass(TimeSpan.FromSeconds(5));
    }

    private async Task<Decision> DecideAsync(DecisionInput input, string trace, CancellationToken cancellation)
    {
        await mayDecide.Task.WaitAsync(cancellation);
        return DecisionOf(input.Number, To);
    }
}
