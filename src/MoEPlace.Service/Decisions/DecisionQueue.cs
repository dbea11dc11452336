using System.Threading.Channels;

namespace MoEPlace.Service.Decisions;

/// <summary>Makes decisions one after another, behind the requests.</summary>
internal sealed class DecisionQueue : IAsyncDisposable
{
    private const int Most = 10_000;
    private readonly CancellationTokenSource ending = new();
    private readonly Channel<Func<CancellationToken, Task>> waiting = Channel.CreateBounded<Func<CancellationToken, Task>>(Most);
    private readonly Task loop;

    internal DecisionQueue() => loop = Task.Run(WorkAsync);

    /// <summary>Has something decided later; false when too much waits already.</summary>
    /// <param name="decide">Decides; its own failures are its own.</param>
    internal bool TryAdd(Func<CancellationToken, Task> decide) => waiting.Writer.TryWrite(decide);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        waiting.Writer.TryComplete();
        await ending.CancelAsync().ConfigureAwait(false);
        await loop.ConfigureAwait(false);
        ending.Dispose();
    }

    private async Task WorkAsync()
    {
        try
        {
            await foreach (var decide in waiting.Reader.ReadAllAsync(ending.Token).ConfigureAwait(false))
                await decide(ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // What waits is decided by whoever leads next, when its drift is seen again.
        }
    }
}
