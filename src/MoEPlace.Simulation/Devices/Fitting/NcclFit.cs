namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>Fits NCCL's all-to-all on one device.</summary>
public static class NcclFit
{
    /// <summary>
    /// The constants with those of the machine's device fitted. Expected beforehand: the base latencies of NCCL's own tuning table (ring,
    /// LL 6.6 us, Simple 8.4 us), four fifths of a port, and copies at a little under half of the memory bandwidth.
    /// </summary>
    /// <param name="form">What is not fitted, and whether the device has a protocol for small messages.</param>
    /// <param name="machine">One node of the machine that was measured.</param>
    /// <param name="rows">Of this device.</param>
    public static DeviceConstants Fit(DeviceConstants form, Cluster machine, IReadOnlyList<NcclRow> rows)
    {
        ArgumentNullException.ThrowIfNull(form);
        ArgumentNullException.ThrowIfNull(machine);
        var own = form.NcclOn(machine.Device);
        List<FittedParameter> parameters =
        [
            new(12, 1, 100, 8.4),
            new(0.8, 0.4, 2),
            new(0.8, 0.3, 1, 0.8, 0.1),
            new(0.45, 0.2, 0.5, 0.45, 0.1),
        ];
        if (own.LowLatencyStartUpMicroseconds is not null)
            parameters.AddRange([new(7, 1, 100, 6.6, 0.5), new(6, 0.5, 100)]);
        return CurveFit.Fit(rows, machine, parameters, Build);

        DeviceConstants Build(double[] v) => form with
        {
            Nccl = form.Nccl.Replace(own, own with
            {
                StartUpMicroseconds = v[0],
                Overlap = v[1],
                ShareOfLink = v[2],
                ShareOfMemoryForCopies = v[3],
                LowLatencyStartUpMicroseconds = v.Length > 4 ? v[4] : null,
                LowLatencyBytesPerSecondPerPeer = v.Length > 4 ? v[5] * 1e9 : null,
            }),
        };
    }
}
