namespace MoEPlace.Service.State;

/// <summary>Strives for the lead and keeps it: looks every second, by a lease of four.</summary>
internal sealed class Leadership : IAsyncDisposable
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);
    private readonly StateStore store;
    private readonly string holder;
    private readonly Func<Term, CancellationToken, Task> won;
    private readonly Action lost;
    private readonly Action<Exception> failed;
    private readonly CancellationTokenSource ending = new();
    private readonly Task loop;
    private volatile Held? held;
    private string? trouble;

    /// <summary>Begins to strive.</summary>
    /// <param name="store">Where the lease is.</param>
    /// <param name="holder">The name of this instance.</param>
    /// <param name="won">Told of a new term, before <see cref="Term"/> tells it.</param>
    /// <param name="lost">Told when it is over.</param>
    /// <param name="failed">Told why it could not be looked, or not be taken over; then it is tried again.</param>
    internal Leadership(StateStore store, string holder, Func<Term, CancellationToken, Task> won, Action lost, Action<Exception> failed)
    {
        (this.store, this.holder, this.won, this.lost, this.failed) = (store, holder, won, lost, failed);
        loop = Task.Run(StriveAsync);
    }

    /// <summary>The term of this instance; null where it does not lead, or cannot know.</summary>
    internal Term? Term => held is { } now && Environment.TickCount64 < now.UntilTick ? now.Term : null;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync().ConfigureAwait(false);
        await loop.ConfigureAwait(false);
        if (held is { } last)
            try
            {
                using var limit = new CancellationTokenSource(Between);
                await store.ResignAsync(last.Term, limit.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or LeadershipLostException)
            {
                // The lease runs out by itself.
            }
        ending.Dispose();
    }

    private async Task StriveAsync()
    {
        while (!ending.IsCancellationRequested)
        {
            try
            {
                await LookAsync().ConfigureAwait(false);
                await Task.Delay(Between, ending.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (ending.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task LookAsync()
    {
        // By the clock of this machine the lease ends no later than by that of the database, which begins it later.
        var until = Environment.TickCount64 + (long)Lease.TotalMilliseconds;
        try
        {
            var term = await store.LeadAsync(holder, Lease, ending.Token).ConfigureAwait(false);
            if (term is not null && held?.Term.Number != term.Number)
            {
                Lose();
                until = await TakeOverAsync(term, until).ConfigureAwait(false);
            }
            if (term is null)
                Lose();
            else
                held = new Held(term, until);
            trouble = null;
        }
        catch (Exception e) when (!ending.IsCancellationRequested)
        {
            // The database is away, or holds what this version cannot read: the lead lasts as long as its lease, and is striven for again.
            if (Term is null)
                Lose();
            // Once for each cause, not once a second.
            if (trouble != e.Message)
                failed(e);
            trouble = e.Message;
        }
    }

    /// <summary>Takes over, and keeps the lease meanwhile however long it takes; where it fails, another may try.</summary>
    /// <returns>Until when the lease lasts then.</returns>
    private async Task<long> TakeOverAsync(Term term, long until)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
        var taking = won(term, giveUp.Token);
        try
        {
            while (await Task.WhenAny(taking, Task.Delay(Between, ending.Token)).ConfigureAwait(false) != taking)
            {
                var next = Environment.TickCount64 + (long)Lease.TotalMilliseconds;
                if ((await store.LeadAsync(holder, Lease, ending.Token).ConfigureAwait(false))?.Number != term.Number)
                    throw new LeadershipLostException("another instance leads by now");
                until = next;
            }
            await taking.ConfigureAwait(false);
            return until;
        }
        catch (Exception)
        {
            await giveUp.CancelAsync().ConfigureAwait(false);
            await Task.WhenAny(taking).ConfigureAwait(false);
            lost();
            await store.ResignAsync(term, ending.Token).ConfigureAwait(false);
            throw;
        }
    }

    private void Lose()
    {
        if (held is null)
            return;
        held = null;
        lost();
    }

    private sealed record Held(Term Term, long UntilTick);
}
