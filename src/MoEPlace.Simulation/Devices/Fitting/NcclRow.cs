namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>An all-to-all of NCCL within one node.</summary>
/// <param name="Device">The first word that tells the device, for example <c>H100</c>.</param>
/// <param name="Gpus">2 or more.</param>
/// <param name="BytesPerRank">What each sends, its own part included.</param>
/// <param name="Seconds">Measured.</param>
public sealed record NcclRow(string Device, int Gpus, double BytesPerRank, double Seconds) : MeasuredRow(Seconds)
{
    /// <inheritdoc/>
    public override double Size => BytesPerRank;

    /// <inheritdoc/>
    public override double Predict(DeviceConstants constants, Cluster machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        var cluster = machine with { RanksPerNode = Gpus };
        return BalancedExchange.OfPairs(cluster, BytesPerRank).Seconds(
            Transports.For(CollectiveLibrary.Nccl, ExchangeDirection.Dispatch, cluster, 1, BytesPerRank, constants: constants));
    }
}
