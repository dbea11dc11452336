using MoEPlace.Service.Applies;
using MoEPlace.Service.Jobs;
using Xunit;
using static MoEPlace.Service.Tests.Applies.Reports;
using static MoEPlace.Service.Tests.State.Samples;

namespace MoEPlace.Service.Tests.Applies;

/// <summary>Where each step leads.</summary>
public sealed class ApplyStepsTests
{
    private static readonly LoopPolicy Policy = new();
    private static readonly string Old = From.Digest;
    private static readonly string New = To.Digest;
    private static readonly Apply Asked = ApplyOf();

    private static readonly Apply Moving = Step(Asked, Of(Asked, JobAnswer.Moving, Old));
    private static readonly Apply Verifying = Step(Moving, Of(Moving, JobAnswer.Done, New, 5, canary: 1e-6));
    private static readonly Apply Returning = ApplySteps.OnRollBack(Verifying, "bob", Noon);

    [Fact]
    public void A_plan_that_keeps_its_promise_is_kept()
    {
        Assert.Equal((ApplyPhase.Moving, 2, New), (Moving.Phase, Moving.Version, ApplySteps.Wish(Moving)!.Placement));
        Assert.Equal((ApplyPhase.Verifying, 3, 5, New, 1e-6), (Verifying.Phase, Verifying.Version, Verifying.Epoch, Verifying.InForce, Verifying.CanaryDifference));
        var same = ApplySteps.OnReport(Verifying, Of(Verifying, JobAnswer.Done, New), Policy, null, Noon.AddSeconds(9));
        Assert.Same(Verifying, same);
        var kept = Step(Verifying, Of(Verifying, JobAnswer.Done, New), 0.0206);
        Assert.Equal((ApplyPhase.Kept, 4, 0.0206), (kept.Phase, kept.Version, kept.SecondsAfter));
        Assert.Null(ApplySteps.Wish(kept));
    }

    [Fact]
    public void Steps_slower_than_promised_turn_it_back()
    {
        var turned = Step(Verifying, Of(Verifying, JobAnswer.Done, New), 0.0208);
        Assert.Equal((ApplyPhase.Returning, 2, 0.0208), (turned.Phase, turned.Attempt, turned.SecondsAfter));
        Assert.Equal("a step takes 20.8 ms, 18 ms was promised", turned.Reason);
        Assert.Equal(Old, ApplySteps.Wish(turned)!.Placement);
    }

    [Fact]
    public void A_canary_that_changed_turns_it_back_before_any_step_is_measured()
    {
        var verifying = Step(Moving, Of(Moving, JobAnswer.Done, New, 5, canary: 1.01e-4));
        Assert.Equal(ApplyPhase.Verifying, verifying.Phase);
        Assert.Equal(ApplyPhase.Returning, Step(verifying, Serving(verifying, New)).Phase);
    }

    [Fact]
    public void Without_a_promise_or_enough_steps_it_is_kept_for_what_could_be_verified()
    {
        var unpromised = Verifying with { SecondsPromised = null };
        Assert.Equal(ApplyPhase.Kept, Step(unpromised, Serving(unpromised, New)).Phase);
        var late = ApplySteps.OnReport(Verifying, Serving(Verifying, New), Policy, null, Noon + ApplySteps.ProgressLimit);
        Assert.Equal(ApplyPhase.Kept, late.Phase);
        Assert.Contains("too few decode steps", late.Reason, StringComparison.Ordinal);
    }

    [Theory, InlineData(JobAnswer.Refused), InlineData(JobAnswer.GivenUp)]
    public void What_the_job_never_took_is_refused_and_what_it_gave_up_on_its_way_has_returned(JobAnswer answer)
    {
        var refused = Step(Asked, Of(Asked, answer, Old, reason: "no memory"));
        Assert.Equal((ApplyPhase.Refused, "no memory"), (refused.Phase, refused.Reason));
        Assert.Equal(ApplyPhase.Returned, Step(Moving, Of(Moving, answer, Old, reason: "no memory")).Phase);
    }

    [Fact]
    public void An_answer_to_an_earlier_attempt_is_none()
    {
        var second = Asked with { Attempt = 2 };
        Assert.Same(second, ApplySteps.OnReport(second, Of(Asked, JobAnswer.GivenUp, Old), Policy, null, Noon));
        Assert.Same(second, ApplySteps.OnReport(second, Of(Asked, JobAnswer.Moving, Old), Policy, null, Noon));
        Assert.Same(second, ApplySteps.OnReport(second, Of(Asked with { Number = 2 }, JobAnswer.Refused, Old), Policy, null, Noon));
    }

    [Fact]
    public void Given_up_half_way_it_is_tried_three_times_then_turned_back_five_times_then_fails()
    {
        var (apply, forward) = (Moving, 1);
        for (; apply.Phase != ApplyPhase.Returning; forward++)
        {
            apply = Step(apply, Of(apply, JobAnswer.GivenUp, Neither, 4, "a wire broke"));
            if (apply.Phase == ApplyPhase.Asked)
                apply = Step(apply, Of(apply, JobAnswer.Moving, Neither));
        }
        Assert.Equal((4, ApplySteps.MostForward + 1), (forward, apply.Attempt));
        for (var back = 1; back < 5; back++)
        {
            apply = Step(apply, Of(apply, JobAnswer.GivenUp, Neither, reason: "a wire broke"));
            Assert.Equal((ApplyPhase.Returning, 4 + back), (apply.Phase, apply.Attempt));
        }
        apply = Step(apply, Of(apply, JobAnswer.Refused, Neither, reason: "a wire broke"));
        Assert.Equal(ApplyPhase.Failed, apply.Phase);
        Assert.Contains("a wire broke", apply.Reason, StringComparison.Ordinal);
        Assert.Contains(Neither[..12], apply.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_life_half_way_is_asked_again_and_may_take_its_time_to_answer()
    {
        var asked = Step(Moving, Serving(Moving, Neither, 4));
        Assert.Equal((ApplyPhase.Asked, 2, 4, Neither), (asked.Phase, asked.Attempt, asked.Epoch, asked.InForce));
        Assert.Same(asked, ApplySteps.OnReport(asked, Serving(asked, Neither), Policy, null, Noon.AddSeconds(59)));
        Assert.Equal(3, ApplySteps.OnReport(asked, Serving(asked, Neither), Policy, null, Noon.AddSeconds(60)).Attempt);
        Assert.Equal(ApplyPhase.Moving, Step(asked, Of(asked, JobAnswer.Moving, Neither)).Phase);
    }

    [Fact]
    public void A_new_life_with_the_new_placement_in_force_is_verified_by_its_steps()
    {
        foreach (var before in new[] { Asked, Moving })
        {
            var verifying = Step(before, Serving(before, New, 6));
            Assert.Equal((ApplyPhase.Verifying, null), (verifying.Phase, verifying.CanaryDifference));
            Assert.Equal(ApplyPhase.Kept, Step(verifying, Serving(verifying, New), 0.01).Phase);
        }
    }

    [Fact]
    public void Every_epoch_gives_it_more_time()
    {
        var slow = Moving;
        var now = Noon;
        for (var epoch = 4; epoch < 40; epoch++)
        {
            now += ApplySteps.ProgressLimit;
            slow = ApplySteps.OnReport(slow, Of(slow, JobAnswer.Moving, Neither, epoch), Policy, null, now);
            Assert.Equal((ApplyPhase.Moving, epoch, now), (slow.Phase, slow.Epoch, slow.ChangedAt));
        }
        Assert.Equal(ApplyPhase.Asked, ApplySteps.OnReport(slow, Of(slow, JobAnswer.Moving, Neither), Policy, null, now + ApplySteps.ProgressLimit).Phase);
    }

    [Fact]
    public void A_report_of_an_earlier_epoch_says_nothing_until_it_is_clear_that_the_job_lost_its_epochs()
    {
        Assert.Same(Verifying, ApplySteps.OnReport(Verifying, Of(Verifying, JobAnswer.GivenUp, Old, 4), Policy, 9, Noon));
        Assert.Same(Returning, ApplySteps.OnReport(Returning, Serving(Returning, Old, 3), Policy, null, Noon));
        var lost = ApplySteps.OnReport(Returning, Serving(Returning, Old, 0), Policy, null, Noon + ApplySteps.AnswerLimit);
        Assert.Equal((ApplyPhase.Returned, 0), (lost.Phase, lost.Epoch));
    }

    [Fact]
    public void It_has_returned_only_when_the_job_is_no_longer_moving()
    {
        Assert.Equal((ApplyPhase.Returning, 2, "bob wants it undone"), (Returning.Phase, Returning.Attempt, Returning.Reason));
        Assert.Same(Returning, ApplySteps.OnRollBack(Returning, "eve", Noon));
        Assert.Equal(ApplyPhase.Returning, Step(Returning, Of(Returning, JobAnswer.Moving, Old, 8)).Phase);
        var returned = Step(Returning, Of(Returning, JobAnswer.Done, Old, 8));
        Assert.Equal((ApplyPhase.Returned, "bob wants it undone", 8), (returned.Phase, returned.Reason, returned.Epoch));
    }

    [Fact]
    public void Turned_before_the_job_took_it_it_has_returned_with_the_next_report()
    {
        var turned = ApplySteps.OnRollBack(Asked, "bob", Noon);
        Assert.Equal(ApplyPhase.Returned, Step(turned, Serving(turned, Old)).Phase);
        Assert.Equal(ApplyPhase.Returning, ApplySteps.OnReport(turned, Of(Asked, JobAnswer.Moving, Old), Policy, null, Noon).Phase);
    }

    [Fact]
    public void Something_else_in_force_while_it_is_verified_turns_it_back()
    {
        Assert.Equal(ApplyPhase.Returning, Step(Verifying, Serving(Verifying, Neither, 9)).Phase);
        Assert.Equal(ApplyPhase.Returned, Step(Verifying, Serving(Verifying, Old, 9)).Phase);
    }

    [Fact]
    public void Long_silence_turns_it_back_and_more_of_it_fails()
    {
        var limit = ApplySteps.SilenceLimit;
        foreach (var apply in new[] { Asked, Moving, Verifying })
        {
            Assert.Same(apply, ApplySteps.OnSilence(apply, limit - TimeSpan.FromSeconds(1), limit, Noon.AddHours(1)));
            Assert.Same(apply, ApplySteps.OnSilence(apply, limit, limit, Noon.AddSeconds(1)));
            var now = Noon + limit;
            var turned = ApplySteps.OnSilence(apply, limit, limit, now);
            Assert.Equal((ApplyPhase.Returning, 2, apply.Version + 1), (turned.Phase, turned.Attempt, turned.Version));
            Assert.Same(turned, ApplySteps.OnSilence(turned, limit * 1.5, limit, now + limit / 2));
            var failed = ApplySteps.OnSilence(turned, limit * 2, limit, now + limit);
            Assert.Equal((ApplyPhase.Failed, apply.InForce), (failed.Phase, failed.InForce));
            Assert.Same(failed, ApplySteps.OnSilence(failed, TimeSpan.FromDays(1), limit, Noon.AddDays(9)));
        }
    }

    [Fact]
    public void With_the_end_of_the_job_it_ends_by_what_is_in_force()
    {
        Assert.Equal(ApplyPhase.Refused, Step(Asked, Of(Asked, JobAnswer.Ended, Old)).Phase);
        Assert.Equal(ApplyPhase.Returned, Step(Moving, Of(Moving, JobAnswer.Ended, Old)).Phase);
        Assert.Equal(ApplyPhase.Failed, Step(Moving, Of(Moving, JobAnswer.Ended, Neither, 4)).Phase);
        Assert.Equal(ApplyPhase.Kept, Step(Moving, Of(Moving, JobAnswer.Ended, New, 5)).Phase);
        Assert.Equal(ApplyPhase.Kept, Step(Verifying, Of(Verifying, JobAnswer.Ended, New)).Phase);
        Assert.Equal(ApplyPhase.Failed, Step(Verifying with { CanaryDifference = 1 }, Of(Verifying, JobAnswer.Ended, New)).Phase);
        Assert.Equal(ApplyPhase.Failed, Step(Verifying, Of(Verifying, JobAnswer.Ended, New), 1).Phase);
        Assert.Equal(ApplyPhase.Failed, Step(Returning, Of(Returning, JobAnswer.Ended, New)).Phase);
        Assert.Equal(ApplyPhase.Returned, Step(Returning, Of(Returning, JobAnswer.Ended, Old, 6)).Phase);
    }

    private static Apply Step(Apply apply, JobReport report, double? secondsAfter = null)
    {
        var next = ApplySteps.OnReport(apply, report, Policy, secondsAfter, Noon);
        Assert.Equal(apply.Version + 1, next.Version);
        return next;
    }
}
