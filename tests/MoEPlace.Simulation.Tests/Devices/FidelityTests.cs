using System.Collections.Immutable;
using MoEPlace.Simulation.Devices;
using MoEPlace.Simulation.Devices.Fitting;
using MoEPlace.Tests.Shared;
using Xunit;

namespace MoEPlace.Simulation.Tests.Devices;

public sealed class FidelityTests
{
    private static ImmutableArray<FittedCurve> Curves => FittedCurves.Of(Measurements.Read(SharedData.Path("measured")));

    [Fact]
    public void The_fitted_constants_tell_every_group_of_measurements_within_its_limit() =>
        AssertHold(Curves.SelectMany(curve => curve.Check(DeviceConstants.Fitted)));

    [Fact]
    public void Rows_that_a_fit_did_not_see_are_told_within_twice_the_limit() =>
        AssertHold(Curves.SelectMany(curve => curve.CheckLeavingOut(DeviceConstants.Fitted)));

    [Fact]
    public void A_fit_of_today_is_no_better_than_the_constants_that_come_with_the_program()
    {
        var curves = Curves;
        var refit = FittedCurves.Refit(curves, DeviceConstants.Fitted);
        foreach (var curve in curves)
        {
            var (own, again) = (Error(DeviceConstants.Fitted), Error(refit));
            Assert.True(Math.Abs(own - again) < 0.003, $"{curve.Name}: {own:P2} committed, {again:P2} refitted");

            double Error(DeviceConstants constants) => CurveFit.Error(curve.Rows, curve.Machine, constants);
        }
    }

    [Fact]
    public void Every_measurement_is_used()
    {
        var measurements = Measurements.Read(SharedData.Path("measured"));
        Assert.Equal((105, 86, 322, 162), (
            measurements.Nccl.Length, measurements.LowLatency.Length, measurements.Normal.Length, measurements.Experts.Length));
        Assert.Equal(105 + 86 + 322 + 162, FittedCurves.Of(measurements).Sum(curve => curve.Rows.Length));
    }

    private static void AssertHold(IEnumerable<FidelityCheck> checks) =>
        Assert.Empty(checks.Where(check => !check.Holds).Select(check => $"{check.Curve}, {check.What}: {check.Error:P2}, limit {check.Limit:P0}"));
}
