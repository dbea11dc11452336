using MoEPlace.Simulation.Devices.Fitting;
using Xunit;

namespace MoEPlace.Simulation.Tests.Devices;

public sealed class NonNegativeFitTests
{
    [Fact]
    public void No_step_along_any_coefficient_makes_the_squared_errors_less()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new SeedStream(seed, "rows");
            var terms = 1 + random.Next(5);
            NonNegativeFit.Row[] rows =
            [
                .. Enumerable.Range(0, 1 + random.Next(12)).Select(_ => new NonNegativeFit.Row(
                    [.. Enumerable.Range(0, terms).Select(_ => random.Next(3) == 0 ? 0 : random.NextDouble() * 1e3)], 1e-6 + random.NextDouble())),
            ];
            var x = NonNegativeFit.Solve(rows);
            var cost = Cost(x);
            // The problem is convex: what no single coefficient improves, and is smooth, is the best there is.
            for (var i = 0; i < terms; i++)
            {
                Assert.True(x[i] >= 0, $"seed {seed}: {x[i]}");
                foreach (var step in (double[])[1e-7, -1e-7, 1e-5, -1e-5, 1e-3, -1e-3])
                {
                    var moved = (double[])x.Clone();
                    moved[i] = Math.Max(0, x[i] + step);
                    Assert.True(Cost(moved) >= cost * (1 - 1e-9), $"seed {seed}: coefficient {i} moved by {step}: {Cost(moved)} under {cost}");
                }
            }

            double Cost(double[] coefficients) => rows.Sum(row => Math.Pow(row.Error(coefficients), 2));
        }
    }

    [Fact]
    public void Terms_that_the_rows_do_not_tell_apart_become_one()
    {
        var x = NonNegativeFit.Solve([new([1, 2, 2], 5), new([1, 4, 4], 9), new([1, 8, 8], 17)]);
        Assert.Equal(1, x[0], 9);
        Assert.Equal(2, x[1] + x[2], 9);
        Assert.Contains(0, x);
    }
}
