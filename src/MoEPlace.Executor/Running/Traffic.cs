namespace MoEPlace.Executor.Running;

/// <summary>Payload that left ranks for other ranks, without ids, weights and counts.</summary>
/// <param name="DispatchBytes">Hidden states on their way to experts.</param>
/// <param name="CombineBytes">Sums of expert outputs on their way back.</param>
/// <param name="ContextBytes">Keys and values that were gathered.</param>
/// <param name="InterNodeBytes">Of all these, what went to ranks of other nodes.</param>
public sealed record Traffic(long DispatchBytes, long CombineBytes, long ContextBytes, long InterNodeBytes)
{
    /// <summary>Both together.</summary>
    public static Traffic operator +(Traffic a, Traffic b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return new(
            a.DispatchBytes + b.DispatchBytes, a.CombineBytes + b.CombineBytes, a.ContextBytes + b.ContextBytes,
            a.InterNodeBytes + b.InterNodeBytes);
    }
}
