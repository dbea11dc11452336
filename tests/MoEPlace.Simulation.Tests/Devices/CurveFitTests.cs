using System.Collections.Immutable;
using MoEPlace.Simulation.Devices;
using MoEPlace.Simulation.Devices.Fitting;
using Xunit;

namespace MoEPlace.Simulation.Tests.Devices;

public sealed class CurveFitTests
{
    private static readonly Cluster Machine = ClusterPresets.Find("h100-8")!;

    [Fact]
    public void Finds_the_constants_that_rows_were_made_of()
    {
        var own = DeviceConstants.Fitted;
        var made = own with
        {
            DeepEp = own.DeepEp with
            {
                ShareOfNetwork = 0.7,
                LowLatencyDispatch = own.DeepEp.LowLatencyDispatch with
                {
                    IntraNodeStartUpMicroseconds = 9,
                    InterNodeStartUpMicroseconds = 33,
                    ShareOfLink = 0.3,
                },
                LowLatencyCombine = own.DeepEp.LowLatencyCombine with
                {
                    IntraNodeStartUpMicroseconds = 21,
                    InterNodeStartUpMicroseconds = 44,
                    ShareOfLink = 0.62,
                },
            },
        };
        ImmutableArray<DeepEpRow> rows =
        [
            .. from direction in Enum.GetValues<ExchangeDirection>()
               from nodes in new[] { 1, 2, 4 }
               from tokens in new[] { 1, 4, 16, 64, 256, 1_024 }
               let row = new DeepEpRow(direction, nodes, 4_096, tokens, 6, 64, null, 1)
               select row with { Seconds = row.Predict(made, Machine) },
        ];
        var fitted = DeepEpFit.LowLatency(own, Machine, rows);
        Assert.True(CurveFit.Error(rows, Machine, fitted) < 1e-3, $"{CurveFit.Error(rows, Machine, fitted):P3}");
        Assert.Equal(0.7, fitted.DeepEp.ShareOfNetwork, 0.01);
        Assert.Equal(0.3, fitted.DeepEp.LowLatencyDispatch.ShareOfLink, 0.01);
        Assert.Equal(44, fitted.DeepEp.LowLatencyCombine.InterNodeStartUpMicroseconds, 0.5);
    }

    [Fact]
    public void Stays_within_the_bounds_and_at_what_is_expected_where_rows_do_not_tell()
    {
        ImmutableArray<NcclRow> rows = [new("H100", 4, 1e9, 1e-6), new("H100", 4, 2e9, 2e-6)];
        FittedParameter[] parameters = [new(0.5, 0.1, 0.6), new(5, 1, 100, 8)];
        var own = DeviceConstants.Fitted;
        var fitted = CurveFit.Fit(rows, Machine, parameters, v => own with
        {
            Nccl = [own.Nccl[0] with { ShareOfLink = v[0], NetworkStartUpMicroseconds = v[1] }],
        });
        Assert.Equal(0.6, fitted.Nccl[0].ShareOfLink, 1e-3);
        Assert.Equal(8, fitted.Nccl[0].NetworkStartUpMicroseconds, 0.1);
    }

    [Fact]
    public void Every_constant_says_where_it_comes_from()
    {
        var c = DeviceConstants.Fitted;
        string[] origins =
        [
            .. c.Nccl.Select(nccl => nccl.Origin), c.DeepEp.Origin, c.DeepEp.LowLatencyDispatch.Origin, c.DeepEp.LowLatencyCombine.Origin,
            c.DeepEp.NormalDispatch.Origin, c.DeepEp.NormalCombine.Origin, c.Float8Experts.Origin, c.BFloat16Experts.Origin, c.TakenOver,
        ];
        Assert.All(origins, origin => Assert.True(origin.Length > 15, origin));
        Assert.Equal(DeviceConstants.FormatName, c.Format);
    }
}
