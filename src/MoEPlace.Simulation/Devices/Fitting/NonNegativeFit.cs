using MathNet.Numerics.LinearAlgebra;
using BitOperations = System.Numerics.BitOperations;

namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>
/// Least squares of relative errors with coefficients that are not negative. The best such coefficients are those of plain least squares on
/// the terms that are not 0 (Lawson and Hanson 1974, chapter 23); with a handful of terms every choice of them is tried.
/// </summary>
internal static class NonNegativeFit
{
    private const int MostTerms = 8;
    private const double Singular = 1e-9;

    /// <summary>A measurement.</summary>
    /// <param name="Terms">What each coefficient is multiplied by; 0 or more.</param>
    /// <param name="Seconds">What was measured, above 0.</param>
    internal readonly record struct Row(double[] Terms, double Seconds)
    {
        /// <summary>What coefficients make of it, over what was measured, minus 1.</summary>
        internal double Error(ReadOnlySpan<double> coefficients)
        {
            double sum = 0;
            for (var i = 0; i < Terms.Length; i++)
                sum += Terms[i] * coefficients[i];
            return sum / Seconds - 1;
        }
    }

    /// <summary>The coefficients with the least sum of squared relative errors; of several, those with fewest terms.</summary>
    /// <param name="rows">At least one, with equally many terms, 1 to 8.</param>
    internal static double[] Solve(IReadOnlyList<Row> rows)
    {
        var terms = rows[0].Terms.Length;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(terms, MostTerms, nameof(rows));
        var (best, cost) = (new double[terms], (double)rows.Count);
        foreach (var chosen in Enumerable.Range(1, (1 << terms) - 1).OrderBy(set => BitOperations.PopCount((uint)set)))
        {
            if (Of(rows, chosen) is not { } coefficients)
                continue;
            var reached = rows.Sum(row => Math.Pow(row.Error(coefficients), 2));
            if (reached < cost * (1 - 1e-12))
                (best, cost) = (coefficients, reached);
        }
        return best;
    }

    /// <summary>Plain least squares on some terms; null where the rows do not tell them apart or one comes out negative.</summary>
    private static double[]? Of(IReadOnlyList<Row> rows, int chosen)
    {
        var terms = rows[0].Terms.Length;
        int[] columns = [.. Enumerable.Range(0, terms).Where(i => (chosen >> i & 1) == 1)];
        if (columns.Length > rows.Count)
            return null;
        var matrix = Matrix<double>.Build.Dense(rows.Count, columns.Length, (i, j) => rows[i].Terms[columns[j]] / rows[i].Seconds);
        var norms = matrix.ColumnNorms(2);
        if (norms.Exists(norm => !(norm > 0)))
            return null;
        var factors = matrix.MapIndexed((_, j, value) => value / norms[j]).QR();
        if (factors.R.Diagonal().AbsoluteMinimum() < Singular)
            return null;
        var solved = factors.Solve(Vector<double>.Build.Dense(rows.Count, 1));
        var coefficients = new double[terms];
        for (var j = 0; j < columns.Length; j++)
        {
            if (!(solved[j] >= 0))
                return null;
            coefficients[columns[j]] = solved[j] / norms[j];
        }
        return coefficients;
    }
}
