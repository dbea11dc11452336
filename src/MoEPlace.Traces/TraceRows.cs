namespace MoEPlace.Traces;

/// <summary>Some consecutive rows of a trace, column by column, as an importer or a recorder hands them to the writer.</summary>
/// <param name="Experts">[rows, layers, topK] logical ids; <see cref="RoutingTrace.NoExpert"/> where there is none.</param>
/// <param name="Sequence">[rows] the sequence that each token belongs to.</param>
/// <param name="Position">[rows] its place in the sequence.</param>
/// <param name="GateWeights">[rows, layers, topK], or null.</param>
/// <param name="Step">[rows] the batch that it ran in, or null.</param>
/// <param name="Home">[rows] the rank that it lives on, or null.</param>
/// <param name="Phase">[rows] 0 prefill, 1 decode, or null.</param>
/// <param name="Domain">[rows] number among the header's domains, or null.</param>
public sealed record TraceRows(
    ushort[] Experts,
    int[] Sequence,
    int[] Position,
    Half[]? GateWeights = null,
    int[]? Step = null,
    ushort[]? Home = null,
    byte[]? Phase = null,
    byte[]? Domain = null)
{
    /// <summary>Number of rows.</summary>
    public int Count => Sequence.Length;
}
