namespace MoEPlace.Executor.Ranks;

/// <summary>Where the threads of a group wait for each other; when one of them has left, nobody waits any longer.</summary>
/// <param name="ranks">Threads that meet.</param>
internal sealed class RankMeeting(int ranks)
{
    private readonly Lock gate = new();
    private readonly ManualResetEventSlim[] rounds = [new(), new()];
    private readonly object?[] slots = new object?[ranks];
    private int arrived;
    private readonly List<RankMeeting> channels = [];
    private int round;
    private string? broken;

    /// <summary>What each rank has laid down; to be read between two meetings.</summary>
    internal ReadOnlySpan<object?> Slots => slots;

    /// <summary>Lays something down for the others and waits until all have.</summary>
    /// <exception cref="RankLossException">Another rank has left.</exception>
    internal void Exchange(int rank, object value)
    {
        slots[rank] = value;
        Meet();
    }

    /// <summary>Waits for all.</summary>
    /// <exception cref="RankLossException">Another rank has left.</exception>
    internal void Meet()
    {
        ManualResetEventSlim mine;
        lock (gate)
        {
            ThrowIfBroken();
            mine = rounds[round];
            if (++arrived == ranks)
            {
                arrived = 0;
                round = 1 - round;
                rounds[round].Reset();
                mine.Set();
                return;
            }
        }
        mine.Wait();
        lock (gate)
        {
            // The round may have been complete before somebody left.
            if (rounds[round] == mine)
                ThrowIfBroken();
        }
    }

    /// <summary>Another place for the same threads, by its number from 0; who leaves here leaves there too.</summary>
    internal RankMeeting Channel(int number)
    {
        lock (gate)
        {
            while (channels.Count <= number)
                channels.Add(new RankMeeting(ranks) { broken = broken });
            return channels[number];
        }
    }

    /// <summary>A rank comes no more: whoever waits, or will, is told.</summary>
    internal void Leave(string why)
    {
        lock (gate)
        {
            broken ??= why;
            rounds[round].Set();
            foreach (var channel in channels)
                channel.Leave(why);
        }
    }

    private void ThrowIfBroken()
    {
        if (broken is not null)
            throw new RankLossException(broken) { OfAnother = true };
    }
}
