namespace MoEPlace.Simulation.Network;

/// <summary>
/// Max-min fair rates where every flow uses one row link and one column link: progressive filling as in <see cref="MaxMin"/>, a whole link
/// at a time. All rows that are full before any column is can be filled at once, since that only raises the levels of columns; and the
/// other way round. A flow's rate is the lesser of those of its two links. Where a flow ends, the filling below its rate was right, and
/// goes on from there.
/// </summary>
internal sealed class CrossbarRates
{
    /// <summary>Links whose levels are that near are full at once: a level is a quotient of sums, and true ties must stay ties.</summary>
    private const double Tie = 1e-13;

    /// <summary>Every so many rounds what is left is saved.</summary>
    private const int BetweenSaved = 4;

    private readonly List<double> highest = [];

    /// <summary>The links of one side.</summary>
    internal CrossbarSide Rows { get; } = new();

    /// <summary>The links of the other.</summary>
    internal CrossbarSide Columns { get; } = new();

    /// <summary>Begins anew, without links.</summary>
    internal void Clear()
    {
        Rows.Clear();
        Columns.Clear();
        highest.Clear();
    }

    /// <summary>Makes room for flows, after all links were added.</summary>
    internal void Begin()
    {
        Rows.Begin(Columns);
        Columns.Begin(Rows);
    }

    /// <summary>Adds a flow.</summary>
    /// <returns>How many there were on the same links.</returns>
    internal int Add(int row, int column)
    {
        var before = Rows.Flows(row, column, Columns.Width);
        Change(row, column, 1, 0);
        return before;
    }

    /// <summary>Takes a flow away that has ended; all of one instant before <see cref="Find"/>.</summary>
    /// <param name="row">Its row.</param>
    /// <param name="column">Its column.</param>
    /// <param name="saved">The least <see cref="SavedBefore"/> of the flows that have ended.</param>
    internal void Remove(int row, int column, int saved) => Change(row, column, -1, saved);

    /// <summary>The last saved round at the beginning of which flows of a row and a column still rose.</summary>
    internal int SavedBefore(int row, int column)
    {
        var (round, rate) = (0, Math.Min(Rows.Rates[row], Columns.Rates[column]));
        while (round < highest.Count && highest[round] < rate)
            round++;
        return round / BetweenSaved;
    }

    /// <summary>Finds the rates.</summary>
    /// <param name="saved">A saved round; no flow was added or removed that had its rate before.</param>
    internal void Find(int saved)
    {
        Rows.Return(saved);
        Columns.Return(saved);
        var round = saved * BetweenSaved;
        highest.RemoveRange(round, highest.Count - round);
        var (leastRow, leastColumn) = (Rows.Least(), Columns.Least());
        while (!double.IsPositiveInfinity(Math.Min(leastRow, leastColumn)))
        {
            if (round % BetweenSaved == 0)
            {
                Rows.Save(round / BetweenSaved);
                Columns.Save(round / BetweenSaved);
            }
            var bound = Math.Min(double.MaxValue, Math.Max(leastRow, leastColumn) * (1 + Tie));
            var byRow = leastRow <= leastColumn;
            var (full, other) = byRow ? (Rows, Columns) : (Columns, Rows);
            var (high, least) = full.Fill(bound, other);
            (leastRow, leastColumn) = byRow ? (least, other.Least()) : (other.Least(), least);
            highest.Add(high);
            round++;
        }
        Rows.Finish();
        Columns.Finish();
    }

    private void Change(int row, int column, int flows, int lastSaved)
    {
        Rows.Change(row, column, Columns.Width, flows, lastSaved);
        Columns.Change(column, row, Rows.Width, flows, lastSaved);
    }
}
