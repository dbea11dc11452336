namespace MoEPlace.Traces.Counting;

/// <summary>The sums over all workers. Sums of integers are the same in any order, so the workers may come in any.</summary>
internal sealed class CountTotals(int layers, int experts, bool hasTransitions)
{
    private readonly Lock gate = new();
    private volatile bool hasRepeats;

    /// <summary>[layers, experts].</summary>
    internal long[] Load { get; } = new long[layers * experts];

    /// <summary>[layers - 1, experts, experts], or empty.</summary>
    internal long[] Transitions { get; } = new long[hasTransitions ? (layers - 1) * experts * experts : 0];

    /// <summary>[layers, experts, experts].</summary>
    internal long[] Coactivation { get; } = new long[layers * experts * experts];

    /// <summary>True when a cell named an expert twice and the counts are too low for it.</summary>
    internal bool HasRepeats => hasRepeats;

    /// <summary>Notes that a cell named an expert twice.</summary>
    internal void FoundRepeats() => hasRepeats = true;

    /// <summary>Takes over what a worker has counted.</summary>
    internal void Drain(CountTables tables)
    {
        lock (gate)
            tables.Drain(Load, Transitions, Coactivation);
    }
}
