using System.Runtime.ExceptionServices;
using MoEPlace.Executor.Ranks;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Applying;

/// <summary>A thread that carries weights over a channel, which it owns, beside the steps: one errand at a time.</summary>
/// <param name="channel">The channel; the errand alone uses it until it is awaited.</param>
internal sealed class Courier(IRankGroup channel) : IDisposable
{
    /// <summary>How long an errand may go on when the run has failed: its ranks are told so by their own connections.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim given = new(0), done = new(0);
    private Action? errand;
    private ExceptionDispatchInfo? failure;
    private Thread? thread;
    private bool busy;

    /// <summary>Gives an errand; the one before has been awaited.</summary>
    internal void Start(Action work)
    {
        (errand, busy) = (work, true);
        if (thread is null)
        {
            thread = new Thread(Work) { IsBackground = true, Name = $"courier of rank {channel.Rank}" };
            thread.Start();
        }
        given.Release();
    }

    /// <summary>Waits for the errand, if there is one.</summary>
    /// <exception cref="RankLossException">Another rank is gone, or whatever else the errand came to.</exception>
    internal void Await()
    {
        if (!busy)
            return;
        done.Wait();
        busy = false;
        failure?.Throw();
    }

    /// <summary>Ends the thread and the channel.</summary>
    public void Dispose()
    {
        if (busy)
        {
            // Threads of one process can be told to wait no longer; a call of c10d cannot, but fails when its peers are gone.
            (channel as VirtualRanks)?.Dispose();
            if (!done.Wait(Patience))
                return;
        }
        errand = null;
        given.Release();
        thread?.Join();
        channel.Dispose();
        given.Dispose();
        done.Dispose();
    }

    private void Work()
    {
        torch.set_num_threads(1);
        using var noGradients = torch.no_grad();
        while (true)
        {
            given.Wait();
            if (errand is not { } work)
                return;
            try
            {
                using var scope = torch.NewDisposeScope();
                work();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
            done.Release();
        }
    }
}
