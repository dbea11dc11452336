namespace MoEPlace.Traces.Importers;

/// <summary>
/// Tells the sequences of one rank apart. Records name no requests, so they are derived: a prompt that begins at position 0 is a new
/// sequence; tokens that begin at position p continue a sequence whose next position is p, of several the one that ran last, in batch
/// order; if none waits there (its beginning was not recorded, or came from a prefix cache), a new one begins.
/// </summary>
/// <param name="number">Gives the next free sequence number.</param>
internal sealed class SglangSequences(Func<int> number)
{
    private readonly Dictionary<long, Stack<(int Pass, Queue<int> Sequences)>> waiting = [];
    private readonly List<(long Next, int Sequence)> arrived = [];

    /// <summary>The sequence of tokens that follow each other in a pass.</summary>
    /// <param name="start">Position of the first.</param>
    /// <param name="count">How many.</param>
    internal int Of(long start, int count)
    {
        var sequence = start > 0 && waiting.TryGetValue(start, out var groups) && groups.Count > 0 ? Continue(groups) : number();
        // Not before the pass ends: tokens of one pass do not continue each other.
        arrived.Add((start + count, sequence));
        return sequence;
    }

    internal void EndPass(int pass)
    {
        foreach (var (next, sequence) in arrived)
        {
            if (!waiting.TryGetValue(next, out var groups))
                waiting.Add(next, groups = []);
            if (groups.Count == 0 || groups.Peek().Pass != pass)
                groups.Push((pass, []));
            groups.Peek().Sequences.Enqueue(sequence);
        }
        arrived.Clear();
    }

    private static int Continue(Stack<(int Pass, Queue<int> Sequences)> groups)
    {
        var latest = groups.Peek().Sequences;
        var sequence = latest.Dequeue();
        if (latest.Count == 0)
            groups.Pop();
        return sequence;
    }
}
