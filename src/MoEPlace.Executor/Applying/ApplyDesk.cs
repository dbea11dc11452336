using System.Threading.Channels;

namespace MoEPlace.Executor.Applying;

/// <summary>
/// Where whoever wants another placement meets the job: any thread asks, the step loop of rank 0 takes what was asked for at its next boundary
/// and tells how it goes.
/// </summary>
public sealed class ApplyDesk
{
    private const int MostUnread = 1024;
    private readonly Lock gate = new();
    private readonly List<Channel<ApplyStatus>> watchers = [];
    private ApplyRequest? request;
    private bool abort;

    /// <summary>How it stands.</summary>
    public ApplyStatus Status { get; private set; } = new(ApplyState.Serving, 0, 0);

    /// <summary>What is in force; null before the job runs.</summary>
    public Epoch? InForce { get; private set; }

    /// <summary>Routed tokens that the ranks could not pass on (<see cref="LiveOptions.RoutingDropped"/>), over all of them.</summary>
    public long RoutingDropped { get; private set; }

    /// <summary>Asks for a placement.</summary>
    /// <param name="request">The placement and how fast.</param>
    /// <returns>What becomes of it: every change of the status from now on, until it is done or aborted or the job ends.</returns>
    /// <exception cref="InputException">An apply is under way, or the job has ended.</exception>
    public ChannelReader<ApplyStatus> Ask(ApplyRequest request)
    {
        lock (gate)
        {
            if (this.request is not null || Status.State is ApplyState.Preparing or ApplyState.Committed or ApplyState.Ended)
                throw new InputException("job", "state", Status.State, "a job that runs and has no apply under way; see `moeplace apply --abort`");
            this.request = request;
            abort = false;
            Status = Begun();
            // Who reads slowly misses some, never the last.
            var channel = Channel.CreateBounded<ApplyStatus>(
                new BoundedChannelOptions(MostUnread) { FullMode = BoundedChannelFullMode.DropOldest });
            watchers.Add(channel);
            return channel.Reader;
        }
    }

    /// <summary>Asks for the apply under way to be given up; nothing where there is none, or where its last wave is committed already.</summary>
    public void Abort()
    {
        lock (gate)
        {
            abort = request is null;
            if (abort)
                return;
            request = null;
            Tell(Status with { State = ApplyState.Aborted, Reason = "it was asked for" });
        }
    }

    /// <summary>Takes what was asked for, once; null when nothing was.</summary>
    internal ApplyRequest? Take()
    {
        lock (gate)
        {
            var taken = request;
            request = null;
            if (taken is not null)
                Status = Begun();
            return taken;
        }
    }

    /// <summary>Whether an abort was asked for since the last time.</summary>
    internal bool TakeAbort()
    {
        lock (gate)
        {
            var taken = abort;
            abort = false;
            return taken;
        }
    }

    /// <summary>Tells how many steps have run, and how many routed tokens were not passed on.</summary>
    internal void Advance(int steps, long routingDropped)
    {
        lock (gate)
            (Status, RoutingDropped) = (Status with { Steps = steps }, routingDropped);
    }

    /// <summary>Tells what is in force.</summary>
    internal void Serve(Epoch epoch)
    {
        lock (gate)
            (Status, InForce) = (Status with { Epoch = epoch.Number }, epoch);
    }

    /// <summary>Tells how it stands now.</summary>
    internal void Tell(ApplyStatus status)
    {
        lock (gate)
        {
            Status = status;
            var over = status.State is ApplyState.Done or ApplyState.Aborted or ApplyState.Ended;
            foreach (var watcher in watchers)
            {
                watcher.Writer.TryWrite(status);
                if (over)
                    watcher.Writer.Complete();
            }
            if (over)
                watchers.Clear();
        }
    }

    private ApplyStatus Begun() =>
        Status with { State = ApplyState.Preparing, Wave = 0, Waves = 0, BytesMoved = 0, BytesInAll = 0, Reason = null, CanaryDifference = null };
}
