namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>Fits the experts' kernel for one type of weights.</summary>
public static class ExpertKernelFit
{
    /// <summary>
    /// The constants with those of the kernel fitted. Expected beforehand, of operations: what the L2 cache of an H100 feeds, 6 to 7 TB/s.
    /// Tiles of 64 x 64 in bfloat16 do 32 operations for each byte of it, 0.2 of the device's; larger ones, and FP8, 85, 0.6 of them.
    /// </summary>
    /// <param name="form">What is not fitted: tiles and tuned shapes.</param>
    /// <param name="machine">The device that was measured.</param>
    /// <param name="rows">All of <paramref name="float8"/>.</param>
    /// <param name="float8">FP8 weights, or bfloat16.</param>
    public static DeviceConstants Fit(DeviceConstants form, Cluster machine, IReadOnlyList<ExpertKernelRow> rows, bool float8)
    {
        ArgumentNullException.ThrowIfNull(form);
        var own = float8 ? form.Float8Experts : form.BFloat16Experts;
        // One kind of tiles has one pair of shares; where there are two kinds, the larger read weights at another rate.
        var kinds = own.FewTokens.TokensPerTile != own.ManyTokens.TokensPerTile;
        List<FittedParameter> parameters =
        [
            new(40, 1, 500), new(2.5, 1, 10), new(0.7, 0.1, 1, 0.8, 0.3),
            new(0.9, 0.3, 1, 0.9, 0.1), kinds ? new(0.2, 0.05, 1, 0.2, 0.2) : new(0.6, 0.05, 1, 0.6, 0.2),
        ];
        if (kinds)
            parameters.AddRange([new(0.8, 0.3, 1, 0.9, 0.3), new(0.6, 0.05, 1, 0.6, 0.2)]);
        return CurveFit.Fit(rows, machine, parameters, Build);

        DeviceConstants Build(double[] v)
        {
            var built = own with
            {
                LaunchMicroseconds = v[0],
                Sharpness = v[1],
                ShareOfMemoryForActivations = v[2],
                FewTokens = own.FewTokens with { ShareOfMemory = v[3], ShareOfFlops = v[4] },
                ManyTokens = own.ManyTokens with { ShareOfMemory = kinds ? v[5] : v[3], ShareOfFlops = v[4] },
                Tuned = own.Tuned with { ShareOfMemory = v[3], ShareOfFlops = kinds ? v[6] : v[4] },
            };
            return float8 ? form with { Float8Experts = built } : form with { BFloat16Experts = built };
        }
    }
}
