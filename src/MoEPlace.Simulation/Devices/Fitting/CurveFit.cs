using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.Optimization;

namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>
/// Fits constants to measurements: the least mean absolute percentage error, by the simplex of Nelder and Mead (1965), started anew where
/// it ends until that no longer helps. What is expected of a constant weighs so little that it decides only where the rows do not.
/// </summary>
public static class CurveFit
{
    private const double WeightOfExpectations = 0.0005;
    private const int MostIterations = 4_000;
    private const int MostRestarts = 6;

    /// <summary>Mean absolute percentage error, as a share: 0.05 for 5 %.</summary>
    /// <param name="rows">At least one.</param>
    /// <param name="machine">One node of the machine that was measured.</param>
    /// <param name="constants">The constants.</param>
    public static double Error(IReadOnlyList<MeasuredRow> rows, Cluster machine, DeviceConstants constants)
    {
        ArgumentNullException.ThrowIfNull(rows);
        double sum = 0;
        foreach (var row in rows)
            sum += Math.Abs(row.Predict(constants, machine) / row.Seconds - 1);
        return sum / rows.Count;
    }

    /// <summary>The constants that fit best.</summary>
    /// <param name="rows">At least one.</param>
    /// <param name="machine">One node of the machine that was measured.</param>
    /// <param name="parameters">What is fitted.</param>
    /// <param name="build">Constants of values, in the order of the parameters.</param>
    public static DeviceConstants Fit(
        IReadOnlyList<MeasuredRow> rows, Cluster machine, IReadOnlyList<FittedParameter> parameters, Func<double[], DeviceConstants> build)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(build);
        var objective = ObjectiveFunction.Value(Cost);
        var best = Vector<double>.Build.Dense(parameters.Count, i => Math.Log(parameters[i].Start));
        var cost = Cost(best);
        for (var restart = 0; restart < MostRestarts; restart++)
        {
            var step = Vector<double>.Build.Dense(parameters.Count, restart % 2 == 0 ? 0.3 : -0.1);
            var end = Search(best, step);
            var reached = Cost(end);
            if (reached >= cost - 1e-7)
                break;
            (best, cost) = (end, reached);
        }
        return build(Values(best));

        Vector<double> Search(Vector<double> from, Vector<double> step)
        {
            try
            {
                return NelderMeadSimplex.Minimum(objective, from, step, 1e-9, MostIterations).MinimizingPoint;
            }
            catch (MaximumIterationsException)
            {
                return from;
            }
        }

        double Cost(Vector<double> point)
        {
            double expectations = 0, outside = 0;
            for (var i = 0; i < parameters.Count; i++)
            {
                var parameter = parameters[i];
                if (parameter.Expected is { } expected)
                    expectations += Math.Pow((point[i] - Math.Log(expected)) / parameter.Spread, 2);
                outside += Math.Max(0, Math.Log(parameter.Least) - point[i]) + Math.Max(0, point[i] - Math.Log(parameter.Most));
            }
            return Error(rows, machine, build(Values(point))) + WeightOfExpectations * expectations + outside;
        }

        double[] Values(Vector<double> point)
        {
            var values = new double[parameters.Count];
            for (var i = 0; i < values.Length; i++)
                values[i] = Math.Clamp(Math.Exp(point[i]), parameters[i].Least, parameters[i].Most);
            return values;
        }
    }
}
