namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>Fits DeepEP's kernels.</summary>
public static class DeepEpFit
{
    /// <summary>The constants with those of the low-latency kernels fitted, and what all kernels reach of the network.</summary>
    /// <param name="form">What is not fitted.</param>
    /// <param name="machine">One node of the machine that was measured.</param>
    /// <param name="rows">Low-latency, both directions, on one node and on several.</param>
    public static DeviceConstants LowLatency(DeviceConstants form, Cluster machine, IReadOnlyList<DeepEpRow> rows)
    {
        ArgumentNullException.ThrowIfNull(form);
        FittedParameter[] parameters =
        [
            new(15, 1, 200), new(20, 1, 200), new(0.5, 0.1, 1),
            new(15, 1, 200), new(20, 1, 200), new(0.5, 0.1, 1),
            new(0.9, 0.3, 1),
        ];
        return CurveFit.Fit(rows, machine, parameters, Build);

        DeviceConstants Build(double[] v) => form with
        {
            DeepEp = form.DeepEp with
            {
                LowLatencyDispatch = Of(form.DeepEp.LowLatencyDispatch, v.AsSpan(0, 3)),
                LowLatencyCombine = Of(form.DeepEp.LowLatencyCombine, v.AsSpan(3, 3)),
                ShareOfNetwork = v[6],
            },
        };

        static DeepEpLowLatencyConstants Of(DeepEpLowLatencyConstants form, ReadOnlySpan<double> v) => form with
        {
            IntraNodeStartUpMicroseconds = v[0],
            InterNodeStartUpMicroseconds = v[1],
            ShareOfLink = v[2],
        };
    }

    /// <summary>The constants with those of one direction of the normal kernels fitted.</summary>
    /// <param name="form">What is not fitted: the share of the network comes from the low-latency kernels.</param>
    /// <param name="machine">One node of the machine that was measured.</param>
    /// <param name="rows">Normal, of this direction, on one node and on several.</param>
    /// <param name="direction">The direction.</param>
    public static DeviceConstants Normal(DeviceConstants form, Cluster machine, IReadOnlyList<DeepEpRow> rows, ExchangeDirection direction)
    {
        ArgumentNullException.ThrowIfNull(form);
        ArgumentNullException.ThrowIfNull(rows);
        var dispatch = direction == ExchangeDirection.Dispatch;
        var own = dispatch ? form.DeepEp.NormalDispatch : form.DeepEp.NormalCombine;
        List<FittedParameter> parameters =
        [
            new(40, 1, 500), new(1, 0.4, 2), new(0.7, 0.1, 1),
            new(40, 1, 500), new(0.8, 0.4, 2), new(2, 0.1, 50),
        ];
        // Fitted only where a form has it and rows show it.
        var anomaly = own.UnexplainedShareAt12Sms != 1 && rows.Any(row => row.Sms == 12);
        if (anomaly)
            parameters.Add(new FittedParameter(0.8, 0.3, 1));
        return CurveFit.Fit(rows, machine, parameters, Build);

        DeviceConstants Build(double[] v)
        {
            var built = own with
            {
                OneNodeStartUpMicroseconds = v[0],
                OneNodeOverlap = v[1],
                ShareOfLink = v[2],
                StartUpMicroseconds = v[3],
                Overlap = v[4],
                NetworkBytesPerSecondPerSm = v[5] * 1e9,
                UnexplainedShareAt12Sms = anomaly ? v[6] : 1,
            };
            return form with
            {
                DeepEp = dispatch ? form.DeepEp with { NormalDispatch = built } : form.DeepEp with { NormalCombine = built },
            };
        }
    }
}
