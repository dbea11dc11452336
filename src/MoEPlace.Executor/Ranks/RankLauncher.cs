using System.Diagnostics;
using System.Text;
using MoEPlace.Torch.Distributed;

namespace MoEPlace.Executor.Ranks;

/// <summary>
/// Starts all ranks of a job on this machine and leaves none behind. It serves the rendezvous itself, so that no rank's death takes it away,
/// and holds every rank by a pipe, so that its own death ends them all.
/// </summary>
public static class RankLauncher
{
    /// <summary>The exit code of a rank that is sound and ends because another is gone; told only to a launcher.</summary>
    public const int FollowedExitCode = 4;

    private const int BadInput = 2;
    private const int FailedRunning = 3;
    private static readonly TimeSpan CauseSettles = TimeSpan.FromSeconds(2);

    /// <summary>Runs the ranks to their end; where one fails, all of them anew, as often as is allowed.</summary>
    /// <param name="options">What to start.</param>
    /// <param name="onError">Takes each line that a rank writes to standard error.</param>
    /// <param name="cancellation">Ends all ranks.</param>
    /// <param name="onRestart">Told before every restart: how often that was, and what failed; null for nobody.</param>
    /// <returns>What rank 0 wrote to standard output, or which rank failed how in the last attempt.</returns>
    /// <exception cref="InputException">The port is in use.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; no rank is left.</exception>
    public static RankLaunchResult Run(
        RankLaunchOptions options, Action<int, string> onError, CancellationToken cancellation, Action<int, string>? onRestart = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(onError);
        using var store = Rendezvous.Serve(options.Host, options.Port, "--port");
        for (var attempt = 0; ; attempt++)
        {
            var result = Attempt(options, attempt, store, onError, cancellation);
            if (result.ExitCode != FailedRunning || attempt == options.Restarts)
                return result;
            onRestart?.Invoke(attempt + 1, result.Failure!);
        }
    }

    private static RankLaunchResult Attempt(
        RankLaunchOptions options, int attempt, TcpStore store, Action<int, string> onError, CancellationToken cancellation)
    {
        var output = new StringBuilder();
        var ranks = new List<LaunchedRank>();
        using var stop = new CancellationTokenSource();
        Task? joining = null;
        try
        {
            for (var rank = 0; rank < options.Ranks; rank++)
            {
                var number = rank;
                var seat = options.SeatOf(rank);
                var environment = new RankEnvironment(
                    rank, options.Ranks, seat.LocalRank, seat.LocalSize, options.Host, store.Port, false, attempt);
                ranks.Add(LaunchedRank.Start(
                    options, environment, line =>
                    {
                        if (number == 0)
                            output.AppendLine(line);
                    }, line => onError(number, line)));
            }
            joining = Task.Factory.StartNew(
                () => Rendezvous.Await(store, attempt, options.Ranks, options.RendezvousTimeout, stop.Token), CancellationToken.None,
                TaskCreationOptions.LongRunning, TaskScheduler.Default);
            if (Watch(ranks, joining, cancellation) is { } failure)
                return failure;
            ranks.ForEach(rank => rank.Drain());
            return new RankLaunchResult(0, output.ToString(), null);
        }
        catch (OperationCanceledException) when (options.Patience > TimeSpan.Zero)
        {
            ranks.ForEach(rank => rank.Ask());
            Task.WaitAll([.. ranks.Select(rank => rank.Ended)], options.Patience);
            throw;
        }
        finally
        {
            End(ranks, options.Grace);
            stop.Cancel();
            // The store must not go while somebody asks it.
            Task.WaitAny([joining ?? Task.CompletedTask], CancellationToken.None);
        }
    }

    /// <summary>Returns when all have ended, or when one has failed.</summary>
    private static RankLaunchResult? Watch(List<LaunchedRank> ranks, Task joining, CancellationToken cancellation)
    {
        var running = ranks.ToList();
        while (running.Count > 0)
        {
            var events = running.Select(rank => rank.Ended);
            Task.WaitAny([.. joining.IsCompletedSuccessfully ? events : events.Append(joining)], cancellation);
            if (running.Exists(rank => rank.Ended.IsCompleted && rank.ExitCode != 0))
                return Cause(ranks);
            if (joining.Exception is { } absent)
                return new RankLaunchResult(FailedRunning, "", absent.InnerException!.Message);
            running.RemoveAll(rank => rank.Ended.IsCompleted);
        }
        return null;
    }

    /// <summary>Which rank failed first: one that was killed, else one that failed by itself; those that only lost it come last.</summary>
    private static RankLaunchResult Cause(List<LaunchedRank> ranks)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var failed = ranks.Where(rank => rank.Ended.IsCompleted && rank.ExitCode != 0).ToArray();
            var cause = Array.Find(failed, rank => rank.WasKilled) ?? Array.Find(failed, rank => rank.ExitCode != FollowedExitCode);
            if (cause is null && Stopwatch.GetElapsedTime(since) < CauseSettles && ranks.Exists(rank => !rank.Ended.IsCompleted))
            {
                Task.WaitAny([.. ranks.Where(rank => !rank.Ended.IsCompleted).Select(rank => rank.Ended)], CauseSettles);
                continue;
            }
            cause ??= failed[0];
            cause.Drain();
            return new RankLaunchResult(cause.ExitCode == BadInput ? BadInput : FailedRunning, "", cause.Fate);
        }
    }

    private static void End(List<LaunchedRank> ranks, TimeSpan grace)
    {
        ranks.ForEach(rank => rank.Release());
        Task.WaitAll([.. ranks.Select(rank => rank.Ended)], grace);
        foreach (var rank in ranks)
        {
            rank.Kill();
            rank.Dispose();
        }
    }
}
