namespace MoEPlace.Placement.Solvers;

/// <summary>Collects the columns and rows of an <see cref="IntegerProgram"/>.</summary>
public sealed class IntegerProgramBuilder
{
    private readonly List<double> columnLower = [], columnUpper = [], objective = [], rowLower = [], rowUpper = [], coefficients = [];
    private readonly List<bool> isInteger = [];
    private readonly List<int> rowStart = [0], indices = [];

    /// <summary>Columns so far.</summary>
    public int Columns => columnLower.Count;

    /// <summary>Adds an unknown and returns its number.</summary>
    /// <param name="lower">Its least value; negative infinity for none.</param>
    /// <param name="upper">Its largest value; infinity for none.</param>
    /// <param name="cost">What one unit of it costs, finite.</param>
    /// <param name="whole">True for whole numbers only.</param>
    /// <exception cref="ArgumentException">The bounds exclude each other, or a number is not one.</exception>
    public int AddColumn(double lower, double upper, double cost, bool whole)
    {
        CheckBounds(lower, upper);
        if (!double.IsFinite(cost))
            throw new ArgumentException($"cost = {cost}; allowed: a finite number", nameof(cost));
        columnLower.Add(lower);
        columnUpper.Add(upper);
        objective.Add(cost);
        isInteger.Add(whole);
        return Columns - 1;
    }

    /// <summary>Adds an unknown that is 0 or 1 and returns its number.</summary>
    public int AddBinary(double cost) => AddColumn(0, 1, cost, whole: true);

    /// <summary>Adds <paramref name="lower"/> &lt;= sum of factors times columns &lt;= <paramref name="upper"/>.</summary>
    /// <param name="lower">Negative infinity for none.</param>
    /// <param name="upper">Infinity for none.</param>
    /// <param name="columns">Each column at most once.</param>
    /// <param name="factors">As many, finite.</param>
    /// <exception cref="ArgumentException">Lengths differ, a column is unknown, or a number is not one.</exception>
    public void AddRow(double lower, double upper, ReadOnlySpan<int> columns, ReadOnlySpan<double> factors)
    {
        CheckBounds(lower, upper);
        if (columns.Length != factors.Length)
            throw new ArgumentException($"{columns.Length} columns with {factors.Length} factors", nameof(factors));
        for (var k = 0; k < columns.Length; k++)
        {
            if ((uint)columns[k] >= (uint)Columns || columns[..k].Contains(columns[k]))
                throw new ArgumentException($"columns[{k}] = {columns[k]}; allowed: 0 to {Columns - 1}, each once", nameof(columns));
            if (!double.IsFinite(factors[k]))
                throw new ArgumentException($"factors[{k}] = {factors[k]}; allowed: a finite number", nameof(factors));
        }
        rowLower.Add(lower);
        rowUpper.Add(upper);
        indices.AddRange(columns);
        coefficients.AddRange(factors);
        rowStart.Add(indices.Count);
    }

    /// <summary>The program of what was added.</summary>
    /// <exception cref="InvalidOperationException">There is no column.</exception>
    public IntegerProgram Build() => Columns == 0
        ? throw new InvalidOperationException("A program needs at least one column.")
        : new IntegerProgram(
            [.. columnLower], [.. columnUpper], [.. objective], [.. isInteger],
            [.. rowLower], [.. rowUpper], [.. rowStart], [.. indices], [.. coefficients]);

    private static void CheckBounds(double lower, double upper)
    {
        if (!(lower <= upper) || double.IsPositiveInfinity(lower) || double.IsNegativeInfinity(upper))
            throw new ArgumentException($"bounds {lower} to {upper}; allowed: the lower at most the upper");
    }
}
