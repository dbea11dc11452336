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
    public bool HasTransitions => transitions.Length > 0 || Layers == 1;

    /// <summary>[experts] (token, expert) pairs of a layer.</summary>
    public ReadOnlySpan<long> Load(int layer) => load.AsSpan(layer * Experts, Experts);

    /// <summary>[experts, experts] tokens whose top-1 goes from the row's expert in <paramref name="layer"/> to the column's in the next layer.</summary>
    /// <param name="layer">0 to layers - 2.</param>
    public ReadOnlySpan<long> Transitions(int layer) => transitions.AsSpan(layer * Experts * Experts, Experts * Experts);

    /// <summary>[experts, experts] tokens that chose both experts in the layer; symmetric, the diagonal is 0.</summary>
    public ReadOnlySpan<long> Coactivation(int layer) => coactivation.AsSpan(layer * Experts * Experts, Experts * Experts);

    /// <summary>Counts a slice.</summary>
    public static RoutingCounts Of(TraceSlice slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        var (layers, experts, topK) = (slice.Trace.Layers, slice.Trace.Experts, slice.Trace.TopK);
        var square = experts * experts;
        var load = new long[layers * experts];
        var transitions = new long[slice.Trace.HasTopOne ? Math.Max(0, layers - 1) * square : 0];
        var coactivation = new long[layers * square];
        foreach (var block in slice.Blocks())
        {
            for (var cell = 0; cell < block.Count * layers; cell++)
            {
                var layer = cell % layers;
                var choices = block.Experts.AsSpan(cell * topK, topK);
                for (var i = 0; i < topK; i++)
                {
                    if (choices[i] == RoutingTrace.NoExpert)
                        continue;
                    load[layer * experts + choices[i]]++;
                    for (var j = 0; j < topK; j++)
                        if (j != i && choices[j] != RoutingTrace.NoExpert)
                            coactivation[layer * square + choices[i] * experts + choices[j]]++;
                }
                if (transitions.Length == 0 || layer == layers - 1)
                    continue;
                var (from, to) = (block.TopOne[cell], block.TopOne[cell + 1]);
                if (from != RoutingTrace.NoExpert && to != RoutingTrace.NoExpert)
                    transitions[layer * square + from * experts + to]++;
            }
        }
        return new RoutingCounts(slice.Tokens, layers, experts, load, transitions, coactivation);
    }
}
