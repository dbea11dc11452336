using MoEPlace.Service.Applies;
using MoEPlace.Service.Jobs;
using Xunit;
using static MoEPlace.Service.Tests.State.Samples;

namespace MoEPlace.Service.Tests.Applies;

/// <summary>What holds of every path, whatever a job reports.</summary>
public sealed class ApplyStepsLawTests
{
    private static readonly LoopPolicy Policy = new();

    [Fact]
    public void Every_path_ends_goes_only_where_it_may_and_ends_by_what_is_in_force()
    {
        var ends = new SortedDictionary<ApplyPhase, int>();
        for (var seed = 0; seed < 20_000; seed++)
        {
            var end = Wander(seed);
            ends[end] = ends.GetValueOrDefault(end) + 1;
        }
        Assert.Equal([ApplyPhase.Kept, ApplyPhase.Returned, ApplyPhase.Refused, ApplyPhase.Failed], ends.Keys);
        Assert.All(ends, end => Assert.True(end.Value > 100, $"{end.Key} {end.Value}"));
    }

    [Fact]
    public void A_job_that_reports_forever_and_never_gets_anywhere_does_not_keep_it_from_ending()
    {
        foreach (var answer in new[] { JobAnswer.Serving, JobAnswer.Moving, JobAnswer.Done, JobAnswer.GivenUp, JobAnswer.Refused })
        {
            foreach (var rises in new[] { 0, 1, -1 })
            {
                var (apply, now, epoch) = (ApplyOf() with { Epoch = 100_000 }, Noon, 100_000);
                for (var reports = 0; !apply.IsOver; reports++)
                {
                    Assert.True(reports < 20_000, $"{answer} {rises}: {apply}");
                    now += TimeSpan.FromSeconds(10);
                    epoch += rises;
                    apply = ApplySteps.OnReport(apply, Reports.Of(apply, answer, Reports.Neither, epoch), Policy, null, now);
                }
                Assert.Equal(ApplyPhase.Failed, apply.Phase);
            }
        }
    }

    private static ApplyPhase Wander(int seed)
    {
        var draw = new SeedStream(seed, "wander");
        var (now, apply) = (Noon, ApplyOf());
        for (var step = 0; !apply.IsOver; step++)
        {
            Assert.True(step < 5_000, $"seed {seed}: {apply}");
            now += TimeSpan.FromSeconds(draw.Next(20) == 0 ? draw.Next(400) : 1);
            var (what, report) = (draw.Next(60), ReportOf(apply, draw));
            double? seconds = draw.Next(3) switch { 0 => null, 1 => 0.018, _ => 0.03 };
            var next = what switch
            {
                0 => ApplySteps.OnRollBack(apply, "bob", now),
                1 => ApplySteps.OnSilence(apply, now - apply.ChangedAt, ApplySteps.SilenceLimit, now),
                _ => ApplySteps.OnReport(apply, report, Policy, seconds, now),
            };
            Check(apply, next, what > 1 ? report : null, seed);
            apply = next;
        }
        Assert.Same(apply, ApplySteps.OnReport(apply, ReportOf(apply, draw), Policy, 0.01, now.AddDays(9)));
        Assert.Same(apply, ApplySteps.OnRollBack(apply, "bob", now.AddDays(9)));
        Assert.Null(ApplySteps.Wish(apply));
        return apply.Phase;
    }

    private static JobReport ReportOf(Apply apply, SeedStream draw)
    {
        var placement = draw.Next(4) switch { 0 => apply.From, 1 => apply.To, 2 => apply.InForce, _ => Reports.Neither };
        var epoch = placement == apply.InForce ? apply.Epoch : apply.Epoch + 1 - draw.Next(3) / 2;
        var answer = draw.Next(3) < 2 ? JobAnswer.Moving : (JobAnswer)draw.Next(draw.Next(20) == 0 ? 6 : 5);
        double? canary = draw.Next(3) switch { 0 => null, 1 => 1e-6, _ => 1e-3 };
        var report = Reports.Of(apply, answer, placement, epoch, canary: canary);
        return draw.Next(3) == 0 ? report with { Attempt = Math.Max(0, apply.Attempt - 1) } : report;
    }

    private static void Check(Apply before, Apply after, JobReport? report, int seed)
    {
        if (ReferenceEquals(before, after))
            return;
        var told = $"seed {seed}: {before} -> {after} by {report}";
        Assert.True(after.Version == before.Version + 1, told);
        Assert.True(after.Epoch >= before.Epoch || after.ChangedAt - before.ChangedAt >= ApplySteps.AnswerLimit, told);
        Assert.True(after.Attempt - before.Attempt is 0 or 1 && after.Attempt <= ApplySteps.MostAttempts, told);
        Assert.True(after with
        {
            Phase = before.Phase,
            Attempt = before.Attempt,
            TurnedAttempt = before.TurnedAttempt,
            Version = before.Version,
            Epoch = before.Epoch,
            InForce = before.InForce,
            Reason = before.Reason,
            ChangedAt = before.ChangedAt,
            SecondsAfter = before.SecondsAfter,
            CanaryDifference = before.CanaryDifference,
        } == before, told);
        Assert.True(MayLead(before.Phase, after.Phase), told);
        // A wish changes only with the attempt, so that a job never has two of one name.
        if (!after.IsOver && after.Attempt == before.Attempt)
            Assert.True(ApplySteps.Wish(before) == ApplySteps.Wish(after), told);
        var wanted = after.Phase switch
        {
            ApplyPhase.Verifying or ApplyPhase.Kept => after.To,
            ApplyPhase.Returned or ApplyPhase.Refused => after.From,
            _ => after.InForce,
        };
        Assert.True(after.InForce == wanted && (report is null || report.Placement == after.InForce), told);
        if (after.Phase == ApplyPhase.Kept)
            Assert.True(after.CanaryDifference is not > 1e-4 && after.SecondsAfter is not > 0.018 * 1.15, told);
    }

    private static bool MayLead(ApplyPhase before, ApplyPhase after) => before == after || (before, after) switch
    {
        (ApplyPhase.Asked, ApplyPhase.Moving or ApplyPhase.Verifying or ApplyPhase.Returning or ApplyPhase.Refused) => true,
        (ApplyPhase.Moving, ApplyPhase.Asked or ApplyPhase.Verifying or ApplyPhase.Returning or ApplyPhase.Returned) => true,
        (ApplyPhase.Verifying, ApplyPhase.Kept or ApplyPhase.Returning or ApplyPhase.Returned) => true,
        (ApplyPhase.Returning, ApplyPhase.Returned) => true,
        (ApplyPhase.Asked or ApplyPhase.Moving, ApplyPhase.Kept) => true,
        (_, ApplyPhase.Failed) => true,
        _ => false,
    };
}
