namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>One direction of DeepEP's kernels, every token choosing its experts at random; a dispatch carries FP8.</summary>
/// <param name="Direction">Dispatch or combine.</param>
/// <param name="Nodes">1 or more.</param>
/// <param name="HiddenSize">Elements of a token.</param>
/// <param name="Tokens">Of each rank.</param>
/// <param name="TopK">Experts of a token.</param>
/// <param name="Experts">Of the model.</param>
/// <param name="Sms">SMs that the normal kernels took; null for the low-latency kernels.</param>
/// <param name="Seconds">Measured.</param>
public sealed record DeepEpRow(
    ExchangeDirection Direction, int Nodes, int HiddenSize, int Tokens, int TopK, int Experts, int? Sms, double Seconds) : MeasuredRow(Seconds)
{
    /// <inheritdoc/>
    public override double Size => Tokens;

    /// <inheritdoc/>
    public override double Predict(DeviceConstants constants, Cluster machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        var cluster = machine with { Nodes = Nodes };
        var copy = ExchangeFormat.BytesPerCopy(Direction, HiddenSize);
        var library = Sms is null ? CollectiveLibrary.DeepEpLowLatency : CollectiveLibrary.DeepEpNormal;
        var exchange = Sms is null
            ? BalancedExchange.OfPairs(cluster, (double)copy * Tokens * TopK)
            : BalancedExchange.OfNodeCopies(cluster, copy, Tokens, TopK, Experts);
        return exchange.Seconds(Transports.For(library, Direction, cluster, Sms ?? 1, 0, constants: constants));
    }
}
