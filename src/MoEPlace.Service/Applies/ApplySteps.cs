using MoEPlace.Service.Jobs;

namespace MoEPlace.Service.Applies;

/// <summary>
/// What becomes of an apply: pure functions of what is on record and of what came. Whoever leads takes the same steps from the same record. It ends
/// whatever comes: of what takes too long the next attempt is made; of those there are at most three towards the new placement and eight in all.
/// </summary>
public static class ApplySteps
{
    /// <summary>Attempts at the new placement, after which it turns back.</summary>
    public const int MostForward = 3;

    /// <summary>Attempts in all, so five or more at turning back, after which it fails.</summary>
    public const int MostAttempts = 8;

    /// <summary>How long a job that reports may leave an attempt unanswered.</summary>
    public static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(1);

    /// <summary>How long weights may be on their way without another epoch, and how long steps may be too few to measure.</summary>
    public static readonly TimeSpan ProgressLimit = TimeSpan.FromMinutes(5);

    /// <summary>How long nothing may be heard of a job.</summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromMinutes(5);

    /// <summary>As <see cref="SilenceLimit"/>, for engines that tell outcomes alone: a restart takes its time.</summary>
    public static readonly TimeSpan OutcomeLimit = TimeSpan.FromMinutes(30);

    /// <summary>How long all of it may take before each further report ends an attempt.</summary>
    public static readonly TimeSpan LongestApply = TimeSpan.FromHours(24);

    /// <summary>After a report of the job.</summary>
    /// <param name="apply">On record; one that is over stays as it is.</param>
    /// <param name="report">
    /// What the job says. One of an earlier epoch than is on record says nothing, for it came late; unless a minute has passed: then the job has
    /// begun anew without the epochs that it had.
    /// </param>
    /// <param name="policy">What it is held to.</param>
    /// <param name="secondsAfter">Median of enough decode steps on the new epoch, none with weights beside it; null before there are enough.</param>
    /// <param name="now">The time.</param>
    /// <returns>The next state, its version 1 more; the same instance where nothing changes.</returns>
    public static Apply OnReport(Apply apply, JobReport report, LoopPolicy policy, double? secondsAfter, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(apply);
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(policy);
        if (apply.IsOver)
            return apply;
        if (report.Epoch < apply.Epoch && now - apply.ChangedAt < AnswerLimit)
            return apply;
        var next = Next(apply, report, policy, secondsAfter, now);
        return next == apply ? apply : next with { Version = apply.Version + 1, ChangedAt = now };
    }

    /// <summary>When nothing was heard of the job for a time.</summary>
    /// <param name="apply">On record; one that is over stays as it is.</param>
    /// <param name="since">For how long, by one who listened.</param>
    /// <param name="limit"><see cref="SilenceLimit"/> or <see cref="OutcomeLimit"/>.</param>
    /// <param name="now">The time.</param>
    /// <returns>
    /// Turned back when the silence lasts longer than the limit, and failed when it does so once more; the same instance before.
    /// </returns>
    public static Apply OnSilence(Apply apply, TimeSpan since, TimeSpan limit, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(apply);
        if (apply.IsOver || since < limit || now - apply.ChangedAt < limit)
            return apply;
        var reason = $"nothing was heard of the job for {since.TotalMinutes:0} min";
        var next = apply.Phase == ApplyPhase.Returning
            ? Over(apply, ApplyPhase.Failed, $"{reason}; {Short(apply.InForce)} was in force then")
            : Turned(apply, reason);
        return next with { Version = apply.Version + 1, ChangedAt = now };
    }

    /// <summary>When somebody, or the policy, wants it undone.</summary>
    /// <param name="apply">On record; one that is over or turned already stays as it is.</param>
    /// <param name="by">Who wants it.</param>
    /// <param name="now">The time.</param>
    public static Apply OnRollBack(Apply apply, string by, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(apply);
        return apply.IsOver || apply.Phase == ApplyPhase.Returning
            ? apply
            : Turned(apply, $"{by} wants it undone") with { Version = apply.Version + 1, ChangedAt = now };
    }

    /// <summary>Digest of the placement that an attempt wishes for, or wished for.</summary>
    /// <param name="apply">On record.</param>
    /// <param name="attempt">Which attempt, from 1 to the current one.</param>
    public static string WishedBy(Apply apply, int attempt)
    {
        ArgumentNullException.ThrowIfNull(apply);
        return attempt >= apply.TurnedAttempt ? apply.From : apply.To;
    }

    /// <summary>What is wished of the job while the apply stands so; null when it is over.</summary>
    public static JobWish? Wish(Apply apply)
    {
        ArgumentNullException.ThrowIfNull(apply);
        return apply.IsOver
            ? null
            : new JobWish(apply.Number, apply.Attempt, apply.Phase == ApplyPhase.Returning ? apply.From : apply.To, apply.BytesPerStep);
    }

    private static Apply Next(Apply apply, JobReport report, LoopPolicy policy, double? secondsAfter, DateTimeOffset now)
    {
        var seen = apply with
        {
            Epoch = report.Epoch,
            InForce = report.Placement,
            ChangedAt = report.Epoch > apply.Epoch ? now : apply.ChangedAt,
        };
        return (report.State, apply.Phase) switch
        {
            (JobAnswer.Ended, _) => Ended(seen, Measured(seen, report, secondsAfter), policy),
            (_, ApplyPhase.Verifying) => Verify(seen, Measured(seen, report, secondsAfter), policy, now),
            (_, ApplyPhase.Returning) => Return(seen, report, now),
            _ => GoOn(seen, report, now),
        };
    }

    // Asked or moving, towards the new placement.
    private static Apply GoOn(Apply apply, JobReport report, DateTimeOffset now)
    {
        if (report.State == JobAnswer.Moving)
        {
            return IsOf(report, apply) && apply.Phase == ApplyPhase.Asked
                ? apply with { Phase = ApplyPhase.Moving, Reason = "weights are on their way" }
                : Waiting(apply, now);
        }
        if (apply.InForce == apply.To)
        {
            return apply with
            {
                Phase = ApplyPhase.Verifying,
                CanaryDifference = IsOf(report, apply) ? report.CanaryDifference : null,
                Reason = "the new placement is in force",
            };
        }
        if (IsOf(report, apply))
        {
            if (apply.InForce == apply.From && report.State != JobAnswer.Done)
            {
                var phase = apply.Phase == ApplyPhase.Asked ? ApplyPhase.Refused : ApplyPhase.Returned;
                return Over(apply, phase, report.Reason ?? "the job gave no reason");
            }
            return Again(apply, report.Reason ?? OddlyDone(apply));
        }
        return apply.Phase == ApplyPhase.Moving ? Again(apply, "the job began a new life on its way") : Waiting(apply, now);
    }

    private static Apply Verify(Apply apply, Apply measured, LoopPolicy policy, DateTimeOffset now)
    {
        if (apply.InForce == apply.From)
            return Over(apply, ApplyPhase.Returned, "the job put the placement before in force again");
        if (apply.InForce != apply.To)
            return Turned(apply, $"the job has {Short(apply.InForce)} in force, which nobody asked for");
        if (Broken(measured, policy) is { } broken)
            return Turned(measured, broken);
        if (measured.SecondsPromised is null)
            return Over(measured, ApplyPhase.Kept, "it is in force as promised; no step time was promised");
        if (measured.SecondsAfter is { } after)
            return Over(measured, ApplyPhase.Kept, $"it keeps its promise: a step takes {Milliseconds(after)}");
        return now - apply.ChangedAt < ProgressLimit
            ? apply
            : Over(measured, ApplyPhase.Kept, $"it is in force; too few decode steps came in {ProgressLimit.TotalMinutes:0} min to measure one");
    }

    private static Apply Return(Apply apply, JobReport report, DateTimeOffset now)
    {
        if (report.State == JobAnswer.Moving)
            return Waiting(apply, now);
        if (apply.InForce == apply.From)
            return Over(apply, ApplyPhase.Returned, apply.Reason);
        return IsOf(report, apply) ? Again(apply, report.Reason ?? OddlyDone(apply)) : Waiting(apply, now);
    }

    private static Apply Ended(Apply apply, Apply measured, LoopPolicy policy)
    {
        const string ended = "the job ended";
        if (apply.InForce == apply.To && apply.Phase != ApplyPhase.Returning)
        {
            return Broken(measured, policy) is { } broken
                ? Over(measured, ApplyPhase.Failed, $"{broken}; {ended} before it could be undone")
                : Over(measured, ApplyPhase.Kept, $"it is in force; {ended}");
        }
        if (apply.InForce == apply.From)
        {
            var phase = apply.Phase == ApplyPhase.Asked ? ApplyPhase.Refused : ApplyPhase.Returned;
            return Over(apply, phase, $"{ended} with the placement before in force");
        }
        return Over(apply, ApplyPhase.Failed, $"{ended} with {Short(apply.InForce)} in force");
    }

    private static Apply Measured(Apply apply, JobReport report, double? secondsAfter) => apply with
    {
        CanaryDifference = apply.CanaryDifference ?? (IsOf(report, apply) ? report.CanaryDifference : null),
        SecondsAfter = secondsAfter,
    };

    // Which promise it does not keep; null for none.
    private static string? Broken(Apply apply, LoopPolicy policy)
    {
        if (apply.CanaryDifference is { } canary && !(canary <= policy.CanaryTolerance))
            return $"a logit of the canary tokens changed by {canary:g3}, more than {policy.CanaryTolerance:g3}";
        return apply.SecondsAfter is { } after && apply.SecondsPromised is { } promised && !(after <= promised * (1 + policy.SlowerTolerance))
            ? $"a step takes {Milliseconds(after)}, {Milliseconds(promised)} was promised"
            : null;
    }

    // An attempt ends that takes too long. The time of the last change tells: it is also that of the last epoch.
    private static Apply Waiting(Apply apply, DateTimeOffset now)
    {
        var limit = apply.Phase == ApplyPhase.Asked ? AnswerLimit : ProgressLimit;
        return apply.Phase != ApplyPhase.Verifying && (now - apply.ChangedAt >= limit || now - apply.BeganAt >= LongestApply)
            ? Again(apply, apply.Phase == ApplyPhase.Asked ? "the job does not answer" : "it takes too long")
            : apply;
    }

    private static Apply Again(Apply apply, string reason) => apply switch
    {
        { Attempt: >= MostAttempts } =>
            Over(apply, ApplyPhase.Failed, $"{reason}; the last of {MostAttempts} attempts, {Short(apply.InForce)} is in force"),
        { Phase: ApplyPhase.Returning } => apply with { Attempt = apply.Attempt + 1, Reason = reason },
        { Attempt: >= MostForward } => Turned(apply, $"{reason}; the last of {MostForward} attempts"),
        _ => apply with { Phase = ApplyPhase.Asked, Attempt = apply.Attempt + 1, Reason = reason },
    };

    private static Apply Turned(Apply apply, string reason) =>
        apply with { Phase = ApplyPhase.Returning, Attempt = apply.Attempt + 1, TurnedAttempt = apply.Attempt + 1, Reason = reason };

    private static Apply Over(Apply apply, ApplyPhase phase, string reason) => apply with { Phase = phase, Reason = reason };

    // Whether a job that is through with something, or at it, is so with this very attempt.
    private static bool IsOf(JobReport report, Apply apply) =>
        report.State is not (JobAnswer.Serving or JobAnswer.Ended) && report.Apply == apply.Number && report.Attempt == apply.Attempt;

    private static string OddlyDone(Apply apply) => $"the job says that it is done, with {Short(apply.InForce)} in force";

    private static string Short(string digest) => digest.Length <= 12 ? digest : digest[..12];

    private static string Milliseconds(double seconds) => $"{seconds * 1e3:0.###} ms";
}
