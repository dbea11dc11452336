using MoEPlace.Service.Jobs;
using Xunit;

namespace MoEPlace.Service.Tests.Faults;

/// <summary>
/// A job that behaves as one of our executor's: it reports, compares what is wished with what is in force, begins each attempt at most once in a
/// life, and puts it in force wave by wave, each a layer and an epoch. What is in force outlives its ranks; all else is lost with them.
/// </summary>
internal sealed class FakeJob(ServiceSite site, ExpertPlacement first, JobFaults faults)
{
    public const string Name = "job";
    public const double StepSeconds = 0.02;
    private readonly SeedStream draw = new(faults.Seed, "fake-job");
    private readonly Dictionary<(int Apply, int Attempt), string> wishes = [];
    private readonly HashSet<(long Life, int Apply, int Attempt)> begun = [];
    private volatile Action end = () => { };
    private (int Apply, int Attempt) highest;
    private long life;
    private JobWish? current;
    private JobAnswer answer;
    private string? reason;
    private double? canary;
    private ExpertPlacement? target;

    /// <summary>What is in force.</summary>
    public ExpertPlacement InForce { get; private set; } = first;

    /// <summary>Its epoch.</summary>
    public int Epoch { get; private set; }

    /// <summary>Lives that were lost.</summary>
    public int Lost => (int)life - 1;

    /// <summary>Ends this life wherever it stands, and what it is waiting for; the next begins at once.</summary>
    public void Kill() => end();

    /// <summary>Lives, life after life.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            end = ends.Cancel;
            (life, current, answer, reason, canary, target) = (life + 1, null, JobAnswer.Serving, null, null, null);
            try
            {
                while (true)
                {
                    await ReportAsync(ends.Token);
                    Advance();
                    await Task.Delay(1, ends.Token);
                }
            }
            catch (OperationCanceledException) when (ends.IsCancellationRequested)
            {
                // The ranks are gone.
            }
        }
    }

    private async Task ReportAsync(CancellationToken cancellation)
    {
        const int steps = 8;
        var slow = faults.SlowSteps && InForce.Equals(ServiceSite.To);
        var report = new JobReport(
            life, Epoch, InForce.Digest, answer, current?.Apply ?? 0, current?.Attempt ?? 0, reason, 0, 0, canary, 0, 0,
            [.. Enumerable.Repeat(slow ? 5 * StepSeconds : StepSeconds, steps)], [.. Enumerable.Repeat(Epoch, steps)],
            [.. Enumerable.Repeat(target is not null, steps)]);
        if (await site.CallAsync<ReportReply>(service => service.ReportAsync(Name, report, CancellationToken.None)!, cancellation) is { } reply)
            await FollowAsync(reply.Wish, cancellation);
    }

    private async Task FollowAsync(JobWish? wish, CancellationToken cancellation)
    {
        Note(wish);
        var isCurrent = wish is not null && current is { } now && (wish.Apply, wish.Attempt) == (now.Apply, now.Attempt);
        if (target is not null && !isCurrent)
            (target, answer, reason) = (null, JobAnswer.GivenUp, "another was wished");
        else if (wish is null || isCurrent)
            return;
        else if (InForce.Digest == wish.Placement)
            (current, answer, reason, canary) = (wish, JobAnswer.Done, null, null);
        else
            await BeginAsync(wish, cancellation);
    }

    private async Task BeginAsync(JobWish wish, CancellationToken cancellation)
    {
        Strike(JobPoint.BeforeBegin);
        var json = await site.CallAsync(service => service.State.PlacementAsync(Name, wish.Placement, CancellationToken.None), cancellation);
        if (json is null)
            return;
        target = ExpertPlacementFile.Parse(json, "wish");
        Assert.Equal(wish.Placement, target.Digest);
        Assert.True(begun.Add((life, wish.Apply, wish.Attempt)), $"{wish} is begun again");
        (current, answer, reason, canary) = (wish, JobAnswer.Moving, null, null);
        Strike(JobPoint.AfterBegin);
    }

    // A wave, where one is under way: the first layer that differs.
    private void Advance()
    {
        if (target is null)
            return;
        if (draw.NextDouble() < faults.GivesUp)
        {
            (target, answer, reason) = (null, JobAnswer.GivenUp, "a wire broke");
            return;
        }
        var (now, then) = (InForce.ToSlots(), target.ToSlots());
        var layer = Enumerable.Range(0, now.Length).FirstOrDefault(l => !now[l].SelectMany(e => e).SequenceEqual(then[l].SelectMany(e => e)), -1);
        if (layer < 0)
        {
            Strike(JobPoint.BeforeDone);
            (canary, target, answer) = (faults.BadCanary && InForce.Equals(ServiceSite.To) ? 1 : 0, null, JobAnswer.Done);
            return;
        }
        Strike(JobPoint.BeforeWave);
        (InForce, Epoch) = (ServiceSite.WithLayer(InForce, target, layer), Epoch + 1);
        Strike(JobPoint.AfterWave);
    }

    // Whoever leads, whatever was lost: a name of an attempt stands for one placement, and none comes after a later one.
    private void Note(JobWish? wish)
    {
        if (wish is null)
            return;
        var name = (wish.Apply, wish.Attempt);
        Assert.True(name.CompareTo(highest) >= 0, $"{wish} after {highest}");
        highest = name;
        Assert.Equal(wishes.TryGetValue(name, out var known) ? known : wishes[name] = wish.Placement, wish.Placement);
    }

    private void Strike(JobPoint point)
    {
        if (!faults.Strike(point))
            return;
        Kill();
        throw new OperationCanceledException();
    }
}
