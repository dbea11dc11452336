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
    /// <param name="round">The round of the least rate among the flows that have ended.</param>
    internal void Remove(int row, int column, int round) => Change(row, column, -1, round);

    /// <summary>The round in which flows of a rate were filled.</summary>
    internal int RoundOf(double rate)
    {
        var round = 0;
        while (round < highest.Count && highest[round] < rate)
            round++;
        return round;
    }

    /// <summary>Finds the rates.</summary>
    /// <param name="round">The first whose flows have changed.</param>
    internal void Find(int round)
    {
        highest.RemoveRange(round, highest.Count - round);
        Rows.Return(round);
        Columns.Return(round);
        var (leastRow, leastColumn) = (Rows.Least(round), Columns.Least(round));
        while (!double.IsPositiveInfinity(Math.Min(leastRow, leastColumn)))
        {
            Rows.Copy(round);
            Columns.Copy(round++);
            var byRow = leastRow <= leastColumn;
            var (full, other) = byRow ? (Rows, Columns) : (Columns, Rows);
            highest.Add(full.Fill(round, Math.Min(double.MaxValue, Math.Max(leastRow, leastColumn) * (1 + Tie)), other));
            (leastRow, leastColumn) = byRow ? (Rows.LeastLeft(), Columns.Least(round)) : (Rows.Least(round), Columns.LeastLeft());
        }
        Rows.Finish();
        Columns.Finish();
    }

    private void Change(int row, int column, int flows, int lastRound)
    {
        Rows.Change(row, column, Columns.Width, flows, lastRound);
        Columns.Change(column, row, Rows.Width, flows, lastRound);
    }
}
