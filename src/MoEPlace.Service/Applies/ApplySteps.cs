using MoEPlace.Service.Jobs;

namespace MoEPlace.Service.Applies;

/// <summary>What becomes of an apply: pure functions of what is on record and of what came. Whoever leads takes the same steps from the same record.</summary>
public static class ApplySteps
{
    /// <summary>After a report of the job.</summary>
    /// <param name="apply">On record, not over.</param>
    /// <param name="report">What the job says.</param>
    /// <param name="policy">What it is held to.</param>
    /// <param name="secondsAfter">Median of enough decode steps on the new epoch, none with weights beside it; null before there are enough.</param>
    /// <param name="now">The time.</param>
    /// <returns>The next state, its version 1 more; the same instance where nothing changes.</returns>
    public static Apply OnReport(Apply apply, JobReport report, LoopPolicy policy, double? secondsAfter, DateTimeOffset now) => throw new NotImplementedException();

    /// <summary>When nothing was heard of it for a time.</summary>
    public static Apply OnSilence(Apply apply, TimeSpan since, DateTimeOffset now) => throw new NotImplementedException();

    /// <summary>When somebody, or the policy, wants it undone.</summary>
    public static Apply OnRollBack(Apply apply, string by, DateTimeOffset now) => throw new NotImplementedException();

    /// <summary>What is wished of the job while the apply stands so; null when it is over, or nothing is to be done.</summary>
    public static JobWish? Wish(Apply apply) => throw new NotImplementedException();
}
