using System.Threading.Channels;
using MoEPlace.Executor.Applying;
using MoEPlace.Service.Jobs;

namespace MoEPlace.Cli;

/// <summary>
/// Brings a job to what the service wishes. It compares the wish with what is in force whenever it hears of it, begins each attempt at most once, and
/// gives up what is under way when something else is wished. Not for several threads at once.
/// </summary>
/// <param name="desk">Where the job is asked.</param>
/// <param name="fetch">Fetches a placement by its digest.</param>
internal sealed class ServiceLinkWish(ApplyDesk desk, Func<string, CancellationToken, Task<ExpertPlacement>> fetch)
{
    private ChannelReader<ApplyStatus>? changes;
    private (int Number, string Digest) digested = (-1, "");

    /// <summary>The attempt that is worked on, or was worked on last in this life; null before any.</summary>
    internal JobWish? Current { get; private set; }

    /// <summary>What became of it so far.</summary>
    internal JobAnswer Answer { get; private set; } = JobAnswer.Serving;

    /// <summary>Why it was refused or given up; null otherwise.</summary>
    internal string? Reason { get; private set; }

    /// <summary>Whether the job works on it.</summary>
    internal bool IsUnderWay => changes is not null;

    /// <summary>The last that the job told of it; null where it was not asked.</summary>
    internal ApplyStatus? Told { get; private set; }

    /// <summary>The epoch in force and the digest of its map; null before the job runs.</summary>
    internal (int Epoch, string Digest)? InForce
    {
        get
        {
            if (desk.InForce is not { } epoch)
                return null;
            if (digested.Number != epoch.Number)
                digested = (epoch.Number, epoch.Placement.Digest);
            return digested;
        }
    }

    /// <summary>Takes what the job has told since the last time.</summary>
    /// <returns>Whether something changed that the service should know at once: more than bytes on their way.</returns>
    internal bool Look()
    {
        var before = Told;
        while (changes?.TryRead(out var status) == true)
            Told = status;
        if (Told is null || Told == before)
            return false;
        (Answer, Reason) = Told.State switch
        {
            ApplyState.Done => (JobAnswer.Done, null),
            // What was not even begun has no waves.
            ApplyState.Aborted => (Told.Waves == 0 ? JobAnswer.Refused : JobAnswer.GivenUp, Told.Reason),
            _ => (JobAnswer.Moving, null),
        };
        if (Answer != JobAnswer.Moving)
            changes = null;
        return before is null || (before.State, before.Wave, before.Epoch) != (Told.State, Told.Wave, Told.Epoch);
    }

    /// <summary>Waits until the job tells more; for ever where nothing is under way.</summary>
    internal Task ChangeAsync(CancellationToken cancellation) =>
        changes is null ? Task.Delay(Timeout.Infinite, cancellation) : changes.WaitToReadAsync(cancellation).AsTask();

    /// <summary>Does what has to be done about a wish.</summary>
    /// <param name="wish">Null where nothing is wished.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Whether it is answered already, without anything on its way.</returns>
    /// <exception cref="IOException">The placement did not come; the attempt is not begun.</exception>
    internal async Task<bool> FollowAsync(JobWish? wish, CancellationToken cancellation)
    {
        Look();
        if (changes is not null)
        {
            if (!IsCurrent(wish))
                desk.Abort();
            return false;
        }
        if (wish is null || IsCurrent(wish) || InForce is not { } now)
            return false;
        if (now.Digest == wish.Placement)
            return Take(wish, JobAnswer.Done, null);
        ExpertPlacement target;
        try
        {
            target = await fetch(wish.Placement, cancellation).ConfigureAwait(false);
        }
        catch (InputException e)
        {
            return Take(wish, JobAnswer.Refused, e.Message);
        }
        if (target.Digest != wish.Placement)
            return Take(wish, JobAnswer.Refused, "the service gave another map than the one that it wishes");
        try
        {
            changes = desk.Ask(new ApplyRequest(target, Math.Max(1, wish.BytesPerStep)));
        }
        catch (InputException)
        {
            // Somebody else's apply is under way, or the job ends: what is wished then is seen then.
            return false;
        }
        Take(wish, JobAnswer.Moving, null);
        return false;
    }

    private bool IsCurrent(JobWish? wish) =>
        wish is not null && Current is { } current
        && (wish.Apply, wish.Attempt, wish.Placement) == (current.Apply, current.Attempt, current.Placement);

    private bool Take(JobWish wish, JobAnswer answer, string? reason)
    {
        (Current, Answer, Reason, Told) = (wish, answer, reason, null);
        return true;
    }
}
