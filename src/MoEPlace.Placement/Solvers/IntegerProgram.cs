namespace MoEPlace.Placement.Solvers;

/// <summary>
/// A mixed-integer linear program to be minimised: columns are the unknowns, rows the constraints, stored row by row without zeros.
/// Made by <see cref="IntegerProgramBuilder"/>. An infinite bound is no bound.
/// </summary>
public sealed class IntegerProgram
{
    /// <summary>How far a solution may leave a bound, relative to the largest term of the row, and still count as inside.</summary>
    public const double Tolerance = 1e-5;

    private readonly double[] columnLower, columnUpper, objective, rowLower, rowUpper, coefficients;
    private readonly bool[] isInteger;
    private readonly int[] rowStart, indices;

    internal IntegerProgram(
        double[] columnLower, double[] columnUpper, double[] objective, bool[] isInteger,
        double[] rowLower, double[] rowUpper, int[] rowStart, int[] indices, double[] coefficients)
    {
        (this.columnLower, this.columnUpper, this.objective, this.isInteger) = (columnLower, columnUpper, objective, isInteger);
        (this.rowLower, this.rowUpper, this.rowStart) = (rowLower, rowUpper, rowStart);
        (this.indices, this.coefficients) = (indices, coefficients);
    }

    /// <summary>Number of unknowns.</summary>
    public int Columns => columnLower.Length;

    /// <summary>Number of constraints.</summary>
    public int Rows => rowLower.Length;

    /// <summary>[columns] least values.</summary>
    public ReadOnlySpan<double> ColumnLower => columnLower;

    /// <summary>[columns] largest values.</summary>
    public ReadOnlySpan<double> ColumnUpper => columnUpper;

    /// <summary>[columns] what one unit of each costs.</summary>
    public ReadOnlySpan<double> Objective => objective;

    /// <summary>[columns] true where only whole numbers are allowed.</summary>
    public ReadOnlySpan<bool> IsInteger => isInteger;

    /// <summary>[rows] least values of the sums.</summary>
    public ReadOnlySpan<double> RowLower => rowLower;

    /// <summary>[rows] largest values of the sums.</summary>
    public ReadOnlySpan<double> RowUpper => rowUpper;

    /// <summary>[rows + 1] where each row begins in <see cref="Indices"/> and <see cref="Coefficients"/>.</summary>
    public ReadOnlySpan<int> RowStart => rowStart;

    /// <summary>[nonzeros] columns, row by row.</summary>
    public ReadOnlySpan<int> Indices => indices;

    /// <summary>[nonzeros] coefficients, row by row.</summary>
    public ReadOnlySpan<double> Coefficients => coefficients;

    /// <summary>What <paramref name="values"/> cost.</summary>
    public double ObjectiveOf(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        for (var j = 0; j < objective.Length; j++)
            sum += objective[j] * values[j];
        return sum;
    }

    /// <summary>The farthest that <paramref name="values"/> leave a bound, each row relative to its largest term (at least 1); 0 when none.</summary>
    /// <param name="values">[columns].</param>
    public double Violation(ReadOnlySpan<double> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, Columns);
        var worst = 0.0;
        for (var j = 0; j < Columns; j++)
        {
            var outside = Math.Max(columnLower[j] - values[j], values[j] - columnUpper[j]);
            worst = Math.Max(worst, outside / Math.Max(1, Math.Abs(values[j])));
            if (isInteger[j])
                worst = Math.Max(worst, Math.Abs(values[j] - Math.Round(values[j])));
        }
        for (var i = 0; i < Rows; i++)
        {
            var (sum, largest) = (0.0, 1.0);
            for (var k = rowStart[i]; k < rowStart[i + 1]; k++)
            {
                var term = coefficients[k] * values[indices[k]];
                sum += term;
                largest = Math.Max(largest, Math.Abs(term));
            }
            worst = Math.Max(worst, Math.Max(rowLower[i] - sum, sum - rowUpper[i]) / largest);
        }
        return worst;
    }
}
