using MoEPlace.Traces.Counting;

namespace MoEPlace.Traces;

/// <summary>What a slice comes to when it is counted: the input of load balancing and of affinity.</summary>
public sealed class RoutingCounts
{
    private readonly long[] load;
    private readonly long[] transitions;
    private readonly long[] coactivation;

    internal RoutingCounts(long tokens, int layers, int experts, long[] load, long[] transitions, long[] coactivation)
    {
        (Tokens, Layers, Experts) = (tokens, layers, experts);
        (this.load, this.transitions, this.coactivation) = (load, transitions, coactivation);
    }

    /// <summary>Tokens that were counted.</summary>
    public long Tokens { get; }

    /// <summary>Number of MoE layers.</summary>
    public int Layers { get; }

    /// <summary>Logical experts per layer.</summary>
    public int Experts { get; }

    /// <summary>True when top-1 transitions could be counted.</summary>
    public bool HasTransitions => transitions.Length > 0 || (Layers == 1 && Tokens > 0);

    /// <summary>[layers, experts] (token, expert) pairs.</summary>
    public ReadOnlySpan<long> AllLoad => load;

    /// <summary>[experts] (token, expert) pairs of a layer.</summary>
    public ReadOnlySpan<long> Load(int layer) => load.AsSpan(layer * Experts, Experts);

    /// <summary>[experts, experts] tokens whose top-1 goes from the row's expert in <paramref name="layer"/> to the column's in the next layer.</summary>
    /// <param name="layer">0 to layers - 2.</param>
    public ReadOnlySpan<long> Transitions(int layer) => transitions.AsSpan(layer * Experts * Experts, Experts * Experts);

    /// <summary>[experts, experts] tokens that chose both experts in the layer; symmetric, the diagonal is 0.</summary>
    /// <remarks>A cell that names one expert twice counts for each of its pairs of choices, on the diagonal too.</remarks>
    public ReadOnlySpan<long> Coactivation(int layer) => coactivation.AsSpan(layer * Experts * Experts, Experts * Experts);

    /// <summary>Counts a slice, on all cores; the counts do not depend on how many there are.</summary>
    /// <exception cref="InputException">The model has so many experts that the counts of pairs would not fit into memory.</exception>
    public static RoutingCounts Of(TraceSlice slice) => Of(slice, Environment.ProcessorCount);

    /// <summary>The load of a recording without tokens, summed over its windows: no transitions, no pairs.</summary>
    public static RoutingCounts Of(LoadFile load)
    {
        ArgumentNullException.ThrowIfNull(load);
        var sum = load.Sum();
        return new RoutingCounts(0, load.Layers, load.Experts, sum, [], []);
    }

    internal static RoutingCounts Of(TraceSlice slice, int mostWorkers)
    {
        ArgumentNullException.ThrowIfNull(slice);
        var totals = SliceCounter.Count(slice, mostWorkers);
        return new RoutingCounts(slice.Tokens, slice.Trace.Layers, slice.Trace.Experts, totals.Load, totals.Transitions, totals.Coactivation);
    }
}
