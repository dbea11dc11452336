namespace MoEPlace.Evaluation;

/// <summary>The modelled seconds of one step, or of one layer of it. The parts follow each other: nothing overlaps.</summary>
/// <param name="AttentionSeconds">Attention of all layers, the gate included.</param>
/// <param name="DispatchSeconds">Hidden states to their experts.</param>
/// <param name="ComputeSeconds">The routed experts.</param>
/// <param name="CombineSeconds">Hidden states back.</param>
/// <param name="SharedExpertSeconds">Shared experts.</param>
/// <param name="DenseSeconds">The MLP of layers that are not MoE.</param>
/// <param name="ContextSeconds">Residency coherent: gathering the new keys and values.</param>
public sealed record StepBreakdown(
    double AttentionSeconds,
    double DispatchSeconds,
    double ComputeSeconds,
    double CombineSeconds,
    double SharedExpertSeconds,
    double DenseSeconds,
    double ContextSeconds)
{
    /// <summary>All parts together.</summary>
    public double TotalSeconds =>
        AttentionSeconds + DispatchSeconds + ComputeSeconds + CombineSeconds + SharedExpertSeconds + DenseSeconds + ContextSeconds;

    /// <summary>The sum, part by part.</summary>
    public StepBreakdown Plus(StepBreakdown other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new(
            AttentionSeconds + other.AttentionSeconds,
            DispatchSeconds + other.DispatchSeconds,
            ComputeSeconds + other.ComputeSeconds,
            CombineSeconds + other.CombineSeconds,
            SharedExpertSeconds + other.SharedExpertSeconds,
            DenseSeconds + other.DenseSeconds,
            ContextSeconds + other.ContextSeconds);
    }
}
