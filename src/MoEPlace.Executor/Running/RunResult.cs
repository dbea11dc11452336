using System.Collections.Immutable;

namespace MoEPlace.Executor.Running;

/// <summary>What a run came to; the same on every rank, but for seconds. Of a job that went on: what this life ran.</summary>
/// <param name="Tokens">Tokens that ran.</param>
/// <param name="Steps">Steps.</param>
/// <param name="Seconds">From the first step to the last, without loading.</param>
/// <param name="LossTokens">Tokens whose next id the job gave.</param>
/// <param name="Loss">Their mean negative log-likelihood in nats; null without such tokens.</param>
/// <param name="Prefill">What travelled in prefills.</param>
/// <param name="Decode">What travelled in decodes.</param>
/// <param name="ExpertBytes">[ranks] bytes that the experts of each rank take at the end, without spare slots.</param>
/// <param name="CacheBytes">[ranks] bytes that the key-value cache of each takes.</param>
/// <param name="Sampled">[sequences] the ids that were sampled, in all lives of the job.</param>
/// <param name="Times">How long each step took.</param>
/// <param name="EpochOfStep">[steps] the number of the epoch that each ran on; 0 in a run that takes no placements.</param>
/// <param name="MovingOfStep">[steps] whether weights travelled beside it.</param>
public sealed record RunResult(
    long Tokens,
    int Steps,
    double Seconds,
    long LossTokens,
    double? Loss,
    Traffic Prefill,
    Traffic Decode,
    ImmutableArray<long> ExpertBytes,
    ImmutableArray<long> CacheBytes,
    ImmutableArray<ImmutableArray<int>> Sampled,
    StepTimes Times,
    ImmutableArray<int> EpochOfStep,
    ImmutableArray<bool> MovingOfStep)
{
    /// <summary>That of a job of which nothing is left to run.</summary>
    /// <param name="job">The job, with all that it sampled.</param>
    /// <param name="ranks">Ranks that had nothing to do.</param>
    public static RunResult OfRecord(Job job, int ranks)
    {
        ArgumentNullException.ThrowIfNull(job);
        ImmutableArray<long> nothing = [.. new long[ranks]];
        var still = new Traffic(0, 0, 0, 0);
        return new RunResult(0, 0, 0, 0, null, still, still, nothing, nothing, job.Sampled, new StepTimes([], [], [], []), [], []);
    }
}
