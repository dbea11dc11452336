using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Running;
using MoEPlace.Service.Client;
using MoEPlace.Service.Jobs;

namespace MoEPlace.Cli;

/// <summary>
/// Speaks for a job, on rank 0: registers it, reports of it twice a second and at once when something about an apply changes, and brings it to
/// what the service wishes. While the service is away the job goes on as it is.
/// </summary>
/// <param name="client">The service; this alone uses it.</param>
/// <param name="spec">The job as it registers, once something is in force.</param>
/// <param name="job">What the service calls it.</param>
/// <param name="desk">Where the job is asked for placements.</param>
/// <param name="life">The number of this life of the job.</param>
/// <param name="note">Takes what is wrong, in words.</param>
internal sealed class ServiceLinkAgent(
    ServiceClient client, Func<ExpertPlacement, JobSpec> spec, string job, ApplyDesk desk, long life, Action<string> note)
{
    private const int MostSteps = 4_096;
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AtMostEvery = TimeSpan.FromMilliseconds(20);
    private readonly ServiceLinkWish wish = new(desk, (digest, cancellation) => client.PlacementAsync(job, digest, cancellation));
    private readonly Lock gate = new();
    private readonly Queue<DoneStep> decoded = [];
    private readonly TaskCompletionSource completing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long steps, tokens;
    private string? registered, trouble;

    /// <summary>Takes a step that has run, and waits for nothing.</summary>
    internal void Add(DoneStep step)
    {
        lock (gate)
        {
            (steps, tokens) = (steps + 1, tokens + step.Tokens);
            if (step.Prefill)
                return;
            decoded.Enqueue(step);
            while (decoded.Count > MostSteps)
                decoded.Dequeue();
        }
    }

    /// <summary>The job has nothing left to run: that is the last that is told.</summary>
    internal void Complete() => completing.TrySetResult();

    /// <summary>Reports until the end of the job is told.</summary>
    /// <exception cref="OperationCanceledException">It was ended before.</exception>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        while (!completing.Task.IsCompleted)
        {
            var answered = await TryAsync(ended: false, cancellation).ConfigureAwait(false);
            await (answered || desk.InForce is null ? Task.Delay(AtMostEvery, cancellation) : WaitAsync(cancellation)).ConfigureAwait(false);
        }
        // What came of the last apply must not be hidden by the end.
        while (!await EndAsync(cancellation).ConfigureAwait(false))
            await Task.Delay(Every, cancellation).ConfigureAwait(false);
    }

    private async Task<bool> EndAsync(CancellationToken cancellation)
    {
        if (wish.InForce is null)
            return true;
        await TryAsync(ended: false, cancellation).ConfigureAwait(false);
        await TryAsync(ended: true, cancellation).ConfigureAwait(false);
        return registered is not null;
    }

    /// <summary>Reports once and follows what is wished.</summary>
    /// <returns>Whether there is an answer already that should be told at once.</returns>
    private async Task<bool> TryAsync(bool ended, CancellationToken cancellation)
    {
        if (desk.InForce is not { } epoch)
            return false;
        try
        {
            wish.Look();
            // Also when somebody else put something in force, or a way ended between waves: what the service has never seen it learns so.
            if (registered is null || (!wish.IsUnderWay && registered != epoch.Placement.Digest))
            {
                await client.RegisterAsync(spec(epoch.Placement), cancellation).ConfigureAwait(false);
                registered = epoch.Placement.Digest;
            }
            DoneStep[] told;
            JobReport report;
            lock (gate)
            {
                told = [.. decoded];
                report = Report(told, ended);
            }
            var reply = await client.ReportAsync(job, report, cancellation).ConfigureAwait(false);
            lock (gate)
                for (var i = 0; i < told.Length && decoded.Count > 0 && decoded.Peek().Equals(told[i]); i++)
                    decoded.Dequeue();
            Calm();
            return !ended && !completing.Task.IsCompleted && await wish.FollowAsync(reply.Wish, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InputException)
        {
            registered = null;
            Trouble(e.Message);
            return false;
        }
    }

    /// <summary>Waits for the next report to be due.</summary>
    private async Task WaitAsync(CancellationToken cancellation)
    {
        using var due = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        due.CancelAfter(Every);
        do
        {
            // What becomes of any of them is looked at afterwards.
            await Task.WhenAny(wish.ChangeAsync(due.Token), completing.Task).ConfigureAwait(false);
            await Task.WhenAny(Task.Delay(AtMostEvery, cancellation), completing.Task).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
        }
        while (!due.IsCancellationRequested && !completing.Task.IsCompleted && !wish.Look());
    }

    private JobReport Report(DoneStep[] told, bool ended)
    {
        var (now, current, apply) = (wish.InForce!.Value, wish.Current, wish.Told);
        return new JobReport(
            life, now.Epoch, now.Digest, ended ? JobAnswer.Ended : wish.Answer, current?.Apply ?? 0, current?.Attempt ?? 0, wish.Reason,
            apply?.BytesMoved ?? 0, apply?.BytesInAll ?? 0, apply?.CanaryDifference, steps, tokens,
            [.. told.Select(step => step.Seconds)], [.. told.Select(step => step.Epoch)], [.. told.Select(step => step.Moving)],
            desk.RoutingDropped);
    }

    private void Trouble(string why)
    {
        if (trouble is null)
            note($"the job goes on without the placement service: {why}");
        trouble = why;
    }

    private void Calm()
    {
        if (trouble is not null)
            note("the placement service is there again");
        trouble = null;
    }
}
