using MoEPlace.Service.Applies;
using MoEPlace.Service.Jobs;

namespace MoEPlace.Service.Tests.Applies;

/// <summary>Reports of a job to take steps by.</summary>
internal static class Reports
{
    public static readonly string Neither = new('5', 64);

    /// <summary>Of the attempt that an apply wishes for.</summary>
    public static JobReport Of(Apply apply, JobAnswer state, string placement, int? epoch = null, string? reason = null, double? canary = null) =>
        new(1, epoch ?? apply.Epoch, placement, state, apply.Number, apply.Attempt, reason, 0, 0, canary, 0, 0, [], [], []);

    /// <summary>Of a life that was asked for nothing.</summary>
    public static JobReport Serving(Apply apply, string placement, int? epoch = null) =>
        Of(apply, JobAnswer.Serving, placement, epoch) with { Life = 2, Apply = 0, Attempt = 0 };
}
