using System.Diagnostics;
using MoEPlace.Executor.Ranks;
using MoEPlace.Results;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Calibrating;

/// <summary>
/// Times samples in rounds, each sample once a round, so that a machine that grows slower or faster does so for all of them. All ranks know
/// all times, and so all go on or stop alike.
/// </summary>
internal sealed class SampleRounds(IRankGroup group, IReadOnlyList<WorkSample> samples, CalibrationOptions options)
{
    private const int LeastWarmUps = 2;
    private const int MostWarmUps = 10;
    private const int LeastRepeats = 5;
    private const double Settled = 0.95;

    /// <summary>Less than this share of what it was timed with, a phase cannot be told from noise.</summary>
    private const double LeastShare = 0.05;
    private readonly List<double>[] seconds = [.. samples.Select(_ => new List<double>())];
    private readonly long begun = Stopwatch.GetTimestamp();

    /// <summary>Warms up until a round takes hardly less than the one before, then measures; every sample takes its time.</summary>
    internal void Run(CancellationToken cancellation)
    {
        var before = double.PositiveInfinity;
        var (now, clock) = (0.0, 0.0);
        for (var round = 0; round < MostWarmUps; round++)
        {
            (now, clock) = Round(keep: false, cancellation);
            if ((round + 1 >= LeastWarmUps && now > before * Settled) || clock > options.Seconds / 2)
                break;
            before = now;
        }
        var start = clock;
        for (var round = 0; round < LeastRepeats || clock - start < options.Seconds; round++)
        {
            (_, clock) = Round(keep: true, cancellation);
            if (group.Rank == 0)
                options.Progress?.Invoke(Math.Min(1, (clock - start) / options.Seconds), round + 1);
        }
        for (var i = 0; i < samples.Count; i++)
            samples[i].Take(Spread(seconds[i]));
    }

    /// <summary>The median and tenths of some times.</summary>
    internal static MeasuredTime Spread(IReadOnlyCollection<double> times)
    {
        double[] sorted = [.. times.Order()];
        return new MeasuredTime(At(0.5), At(0.1), At(0.9), sorted.Length);

        // Between the two times beside the place, as far as it is from each.
        double At(double share)
        {
            var place = share * (sorted.Length - 1);
            var below = (int)place;
            return below + 1 == sorted.Length ? sorted[below] : sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
        }
    }

    /// <returns>The time of all samples, and how late it is on the clock of rank 0.</returns>
    private (double Work, double Clock) Round(bool keep, CancellationToken cancellation)
    {
        var (work, clock) = (0.0, 0.0);
        for (var i = 0; i < samples.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var before = 0.0;
            if (samples[i].Before is { } part)
                (before, clock) = Time(samples[i].Prepare, part);
            (var slowest, clock) = Time(samples[i].Prepare, samples[i].Run);
            work += before + slowest;
            if (keep)
                seconds[i].Add(Math.Max(slowest - before, slowest * LeastShare) / samples[i].Times);
        }
        return (work, clock);
    }

    /// <returns>What the slowest rank takes, and how late it is then on the clock of rank 0; seconds.</returns>
    private (double Slowest, double Clock) Time(Action prepare, Action run)
    {
        using var scope = torch.NewDisposeScope();
        group.Barrier();
        prepare();
        torch.cuda.synchronize();
        var start = Stopwatch.GetTimestamp();
        run();
        torch.cuda.synchronize();
        var end = Stopwatch.GetTimestamp();
        var all = group.ToAll([end - start, end - begun]);
        return ((double)all.Max(rank => rank[0]) / Stopwatch.Frequency, (double)all[0][1] / Stopwatch.Frequency);
    }
}
