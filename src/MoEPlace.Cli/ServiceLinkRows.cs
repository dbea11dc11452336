using MoEPlace.Executor.Running;
using MoEPlace.Service.Client;
using MoEPlace.Service.Routing;

namespace MoEPlace.Cli;

/// <summary>
/// Streams the routed tokens of one rank to the service. The step loop puts them into a queue of bounded size and never waits: where the service is
/// slower than the job, or away, the oldest are dropped and counted.
/// </summary>
/// <param name="client">The service; this alone uses it.</param>
/// <param name="job">What it calls the job.</param>
/// <param name="layers">MoE layers.</param>
/// <param name="topK">Choices of a token in each.</param>
/// <param name="note">Takes what is wrong, in words.</param>
internal sealed class ServiceLinkRows(ServiceClient client, string job, int layers, int topK, Action<string> note)
{
    private const long MostQueuedBytes = 32 << 20;
    private const long MostFrameBytes = 4 << 20;
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly int mostQueued = RowsIn(MostQueuedBytes, layers, topK);
    private readonly int mostOfFrame = Math.Min(RowsFrame.MostRows, RowsIn(MostFrameBytes, layers, topK));
    private readonly Lock gate = new();
    private readonly Queue<RoutedTokens> queue = [];
    private long dropped;
    private int queued;
    private bool noted;
    private volatile bool completing;

    /// <summary>Tokens that were not sent.</summary>
    internal long Dropped => Interlocked.Read(ref dropped);

    /// <summary>Takes the tokens of a step, and waits for nothing.</summary>
    internal void Add(RoutedTokens tokens)
    {
        lock (gate)
        {
            for (var start = 0; start < tokens.Count; start += mostOfFrame)
            {
                var part = Part(tokens, start, Math.Min(mostOfFrame, tokens.Count - start));
                queue.Enqueue(part);
                queued += part.Count;
            }
            while (queued > mostQueued)
                Drop(queue.Dequeue());
        }
    }

    /// <summary>No more tokens come: when what is queued is sent, the sending ends.</summary>
    internal void Complete() => completing = true;

    /// <summary>Sends until all is sent that came before <see cref="Complete"/>.</summary>
    /// <exception cref="OperationCanceledException">It was ended before.</exception>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        for (var last = false; !last;)
        {
            await Task.Delay(Gathering, cancellation).ConfigureAwait(false);
            last = completing;
            while (Next() is { } rows)
                await SendAsync(rows, cancellation).ConfigureAwait(false);
        }
    }

    private async Task SendAsync(RoutedRows rows, CancellationToken cancellation)
    {
        var frame = RowsFrame.Write(rows, layers, topK);
        while (true)
            try
            {
                await client.PostAsync($"api/jobs/{job}/rows", frame, ServiceClient.RowsType, cancellation).ConfigureAwait(false);
                return;
            }
            catch (InputException e)
            {
                Interlocked.Add(ref dropped, rows.Rows);
                if (!noted)
                    note($"the placement service does not take the routing: {e.Message}");
                noted = true;
                return;
            }
            catch (IOException)
            {
                // Away, or the job is not registered yet: rank 0 says so.
                await Task.Delay(Pause, cancellation).ConfigureAwait(false);
            }
    }

    /// <summary>As much of the queue as goes into a frame; null where it is empty.</summary>
    private RoutedRows? Next()
    {
        lock (gate)
        {
            var (parts, rows) = (new List<RoutedTokens>(), 0);
            while (queue.TryPeek(out var next) && rows + next.Count <= mostOfFrame)
            {
                parts.Add(queue.Dequeue());
                rows += next.Count;
            }
            queued -= rows;
            return rows == 0 ? null : new RoutedRows(
                rows, [.. parts.SelectMany(part => part.Sequence)], [.. parts.SelectMany(part => part.Position)],
                [.. parts.SelectMany(part => part.Home)], [.. parts.SelectMany(part => part.Phase)], [.. parts.SelectMany(part => part.Experts)]);
        }
    }

    private RoutedTokens Part(RoutedTokens all, int start, int count)
    {
        var width = layers * topK;
        return count == all.Count ? all : new RoutedTokens(
            count, all.Sequence[start..(start + count)], all.Position[start..(start + count)], all.Home[start..(start + count)],
            all.Phase[start..(start + count)], all.Experts[(start * width)..((start + count) * width)]);
    }

    private void Drop(RoutedTokens tokens)
    {
        queued -= tokens.Count;
        Interlocked.Add(ref dropped, tokens.Count);
    }

    private static int RowsIn(long bytes, int layers, int topK) => (int)Math.Clamp(bytes / RowsFrame.Bytes(1, layers, topK), 1, int.MaxValue);
}
