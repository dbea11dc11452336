using MoEPlace.Executor.Ranks;

namespace MoEPlace.Executor.Applying;

/// <summary>Where this rank passes the named points of an apply, and where a drill strikes it.</summary>
/// <param name="group">The ranks.</param>
/// <param name="drill">The fault on purpose; null for none.</param>
/// <param name="struck">Told when it is felt; null for nobody.</param>
internal sealed class FaultPoints(IRankGroup group, FaultDrill? drill, Action? struck = null)
{
    /// <summary>Longer than any step of a small model, so that the other ranks do wait.</summary>
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(100);

    private int passed;
    private bool memoryIsFull, losesMessage, flipsBits;

    /// <summary>This rank is at a point.</summary>
    /// <exception cref="RankLossException">The drill kills this rank, a thread.</exception>
    internal void Pass(ApplyPoint point)
    {
        if (drill is null || drill.Rank != group.Rank || drill.Point != point || ++passed != drill.Occurrence)
            return;
        switch (drill.Kind)
        {
            case FaultKind.Kill when group is VirtualRanks:
                struck?.Invoke();
                throw new RankLossException($"rank {group.Rank} was killed at {point}");
            case FaultKind.Kill:
                FaultDrill.KillProcess();
                break;
            case FaultKind.Delay:
                Thread.Sleep(Delay);
                struck?.Invoke();
                break;
            case FaultKind.LoseMessage:
                losesMessage = true;
                break;
            case FaultKind.FlipBits:
                flipsBits = true;
                break;
            default:
                memoryIsFull = true;
                break;
        }
    }

    /// <summary>Whether what is sent next gets lost; once.</summary>
    internal bool TakeLoss() => Take(ref losesMessage);

    /// <summary>Whether there was no memory for what is to come; once.</summary>
    internal bool TakeFullMemory() => Take(ref memoryIsFull);

    /// <summary>Whether weights are to be damaged that have arrived; once.</summary>
    internal bool TakeFlip() => Take(ref flipsBits);

    private bool Take(ref bool pending)
    {
        if (!pending)
            return false;
        pending = false;
        struck?.Invoke();
        return true;
    }
}
