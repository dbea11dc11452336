using MoEPlace.Executor.Applying;
using Xunit;

namespace MoEPlace.Executor.Tests.Jobs;

public sealed class JobFaultTests
{
    private const int Ranks = 3;

    public static TheoryData<FaultKind> Kinds => [.. Enum.GetValues<FaultKind>().Where(kind => kind != FaultKind.FlipBits)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Struck_at_any_point_on_any_rank_nothing_is_lost_and_nothing_generated_twice(FaultKind kind)
    {
        var struck = 0;
        var points = Enum.GetValues<ApplyPoint>();
        var cases = points.Length * Ranks * 2;
        for (var i = 0; i < cases; i++)
        {
            var seed = (int)kind * cases + i;
            using var fault = new JobFaultCase(seed, points[i % points.Length], kind, i / points.Length % Ranks, i < cases / 2 ? Ranks : Ranks + 1);
            try
            {
                fault.Run();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {fault}", e);
            }
            struck += fault.Struck ? 1 : 0;
        }
        // Some blows fall where nothing passes any more; memory is not missed after the last commit, and only a rank that still sends loses a message.
        var least = kind switch
        {
            FaultKind.FullMemory => cases / 3,
            FaultKind.LoseMessage => cases / 4,
            _ => cases * 2 / 3,
        };
        Assert.InRange(struck, least, cases);
    }
}
