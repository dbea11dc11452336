namespace MoEPlace.Executor.Applying;

/// <summary>An apply that is under way.</summary>
/// <param name="plan">Its waves; at least one.</param>
/// <param name="bytesPerStep">Weights that may travel beside a step, over all ranks.</param>
/// <param name="expertBytes">Bytes of one expert.</param>
internal sealed class Migration(MigrationPlan plan, long bytesPerStep, long expertBytes)
{
    private int ended;
    private long movedBefore;

    internal long BytesPerStep { get; } = bytesPerStep;

    internal int Waves => plan.Waves.Length;

    /// <summary>The wave that is prepared or was committed last, from 1.</summary>
    internal int Wave => Math.Min(ended + 1, Waves);

    /// <summary>Whether the last wave is in force and its old slots are free.</summary>
    internal bool Over => ended == Waves;

    internal MigrationWave NextWave => plan.Waves[ended];

    /// <summary>What brings the next wave's experts.</summary>
    internal WaveTransfer Transfer { get; set; } = null!;

    /// <summary>Whether the wave is in force and its old slots are not free yet.</summary>
    internal bool Switched { get; set; }

    /// <summary>Whether the wave can be committed.</summary>
    internal bool IsReady => !Switched && Transfer.Complete;

    internal long BytesMoved => movedBefore + (Over ? 0 : Transfer.BytesMoved);

    internal long BytesInAll => plan.Moves * expertBytes;

    /// <summary>The old slots of the wave are free.</summary>
    internal void EndWave()
    {
        movedBefore += Transfer.BytesMoved;
        Switched = false;
        ended++;
    }
}
