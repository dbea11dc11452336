namespace MoEPlace.Simulation.Kernel;

/// <summary>What one lane tells another in one window. Its order does not matter: the events have keys.</summary>
internal sealed class Mailbox
{
    private Letter[] letters = new Letter[16];
    private int count;

    /// <summary>The earliest instant in it; never when it is empty.</summary>
    internal long First { get; private set; } = long.MaxValue;

    internal void Add(in EventKey key, int target, object message)
    {
        if (count == letters.Length)
            Array.Resize(ref letters, 2 * count);
        letters[count++] = new Letter(key, target, message);
        First = Math.Min(First, key.Time);
    }

    internal void Empty(EventQueue queue)
    {
        foreach (ref readonly var letter in letters.AsSpan(0, count))
            queue.Push(letter.Key, letter.Target, letter.Message);
        Array.Clear(letters, 0, count);
        (count, First) = (0, long.MaxValue);
    }

    private readonly record struct Letter(EventKey Key, int Target, object Message);
}
