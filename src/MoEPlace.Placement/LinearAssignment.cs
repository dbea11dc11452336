namespace MoEPlace.Placement;

/// <summary>
/// The exact linear assignment: every row gets one column and every column one row at the least total cost (Jonker and Volgenant 1987:
/// column reduction, bounded row reduction, shortest augmenting paths; O(n³)). Costs are integers, so the result is exact, and the same
/// costs always give the same assignment. One instance holds the buffers for many solves of one size; it is not safe for several threads.
/// </summary>
public sealed class LinearAssignment
{
    /// <summary>The largest magnitude of a cost, 2^47 = 1.4e14: so that no sum over rows overflows, whatever the size.</summary>
    public const long MaxCost = 1L << 47;

    private readonly int n;
    private readonly long[] columnPotential;
    private readonly long[] rowPotential;
    private readonly long[] distance;
    private readonly int[] predecessor;
    private readonly int[] columns;
    private readonly int[] rowOfColumn;
    private readonly int[] freeRows;

    /// <summary>Buffers for matrices of <paramref name="n"/> by <paramref name="n"/>.</summary>
    /// <param name="n">Rows and columns, 0 or more.</param>
    public LinearAssignment(int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        this.n = n;
        columnPotential = new long[n];
        rowPotential = new long[n];
        distance = new long[n];
        predecessor = new int[n];
        columns = new int[n];
        rowOfColumn = new int[n];
        freeRows = new int[n];
    }

    /// <summary>[n] dual values u of the last solve: u[i] + v[j] is at most cost[i, j], and equal where row i has column j.</summary>
    public ReadOnlySpan<long> RowPotentials => rowPotential;

    /// <summary>[n] dual values v of the last solve.</summary>
    public ReadOnlySpan<long> ColumnPotentials => columnPotential;

    /// <summary>Solves once; <see cref="Minimize"/> saves the buffers where many are solved.</summary>
    /// <param name="cost">[n, n] row-major, each of magnitude at most <see cref="MaxCost"/>.</param>
    /// <param name="n">Rows and columns.</param>
    /// <param name="columnOfRow">[n] receives the column of each row.</param>
    /// <exception cref="ArgumentException">A shape does not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A cost is too large.</exception>
    public static void Solve(ReadOnlySpan<long> cost, int n, Span<int> columnOfRow) => new LinearAssignment(n).Minimize(cost, columnOfRow);

    /// <summary>Solves one matrix and returns the least total cost; allocates nothing.</summary>
    /// <param name="cost">[n, n] row-major, each of magnitude at most <see cref="MaxCost"/>.</param>
    /// <param name="columnOfRow">[n] receives the column of each row.</param>
    /// <exception cref="ArgumentException">A shape does not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A cost is too large.</exception>
    public long Minimize(ReadOnlySpan<long> cost, Span<int> columnOfRow)
    {
        if (cost.Length != (long)n * n)
            throw new ArgumentException($"{cost.Length} costs; {n} by {n} are expected.", nameof(cost));
        if (columnOfRow.Length != n)
            throw new ArgumentException($"Room for {columnOfRow.Length} columns; {n} are expected.", nameof(columnOfRow));
        foreach (var value in cost)
            if (value is > MaxCost or < -MaxCost)
                throw new ArgumentOutOfRangeException(nameof(cost), value, $"Costs are at most {MaxCost} in magnitude.");
        if (n == 0)
            return 0;
        ReduceColumns(cost, columnOfRow);
        var free = 0;
        for (var i = 0; i < n; i++)
            if (columnOfRow[i] < 0)
                freeRows[free++] = i;
        free = ReduceRows(cost, columnOfRow, free);
        for (var f = 0; f < free; f++)
            Augment(cost, columnOfRow, freeRows[f]);
        var total = 0L;
        for (var i = 0; i < n; i++)
        {
            var value = cost[i * n + columnOfRow[i]];
            rowPotential[i] = value - columnPotential[columnOfRow[i]];
            total = checked(total + value);
        }
        return total;
    }

    /// <summary>Gives each column its least cost as potential, and to its cheapest row if that has no column yet.</summary>
    private void ReduceColumns(ReadOnlySpan<long> cost, Span<int> columnOfRow)
    {
        var v = columnPotential.AsSpan();
        cost[..n].CopyTo(v);
        Array.Clear(predecessor);
        for (var i = 1; i < n; i++)
        {
            var row = cost.Slice(i * n, n);
            for (var j = 0; j < row.Length; j++)
            {
                if (row[j] >= v[j])
                    continue;
                v[j] = row[j];
                predecessor[j] = i;
            }
        }
        columnOfRow.Fill(-1);
        Array.Fill(rowOfColumn, -1);
        for (var j = 0; j < n; j++)
        {
            var i = predecessor[j];
            if (columnOfRow[i] >= 0)
                continue;
            columnOfRow[i] = j;
            rowOfColumn[j] = i;
        }
    }

    /// <summary>
    /// Lets free rows take their best column and lower its potential by the distance to the second best. Bounded: rows that compete for
    /// few columns could otherwise go on for as many rounds as the costs are large. Returns how many rows are left free.
    /// </summary>
    private int ReduceRows(ReadOnlySpan<long> cost, Span<int> columnOfRow, int free)
    {
        var v = columnPotential.AsSpan();
        var rounds = 4 * n;
        for (var pass = 0; pass < 2 && free > 0; pass++)
        {
            var (next, left) = (0, 0);
            while (next < free && rounds-- > 0)
            {
                var i = freeRows[next++];
                var row = cost.Slice(i * n, n);
                var (best, second) = (row[0] - v[0], long.MaxValue);
                var (j1, j2) = (0, -1);
                for (var j = 1; j < row.Length; j++)
                {
                    var reduced = row[j] - v[j];
                    if (reduced >= second)
                        continue;
                    if (reduced >= best)
                    {
                        (second, j2) = (reduced, j);
                        continue;
                    }
                    (second, j2) = (best, j1);
                    (best, j1) = (reduced, j);
                }
                var evicted = rowOfColumn[j1];
                var lowered = best < second;
                if (lowered)
                    v[j1] -= second - best;
                else if (evicted >= 0)
                    evicted = rowOfColumn[j1 = j2];
                columnOfRow[i] = j1;
                rowOfColumn[j1] = i;
                if (evicted < 0)
                    continue;
                columnOfRow[evicted] = -1;
                freeRows[lowered ? --next : left++] = evicted;
            }
            while (next < free)
                freeRows[left++] = freeRows[next++];
            free = left;
        }
        return free;
    }

    /// <summary>Finds the shortest alternating path from a free row to a free column (Dijkstra over reduced costs) and applies it.</summary>
    private void Augment(ReadOnlySpan<long> cost, Span<int> columnOfRow, int start)
    {
        var v = columnPotential.AsSpan();
        var d = distance.AsSpan();
        var first = cost.Slice(start * n, n);
        for (var j = 0; j < first.Length; j++)
        {
            d[j] = first[j] - v[j];
            predecessor[j] = start;
            columns[j] = j;
        }
        // columns: [0, low) scanned, [low, high) at the least distance, [high, n) farther.
        var (low, high) = (0, 0);
        var least = 0L;
        var settled = 0;
        var end = -1;
        while (end < 0)
        {
            if (low == high)
            {
                settled = low;
                (high, least) = NearestColumns(low);
                end = FirstFree(low, high);
                if (end >= 0)
                    break;
            }
            var scanned = columns[low++];
            var i = rowOfColumn[scanned];
            var row = cost.Slice(i * n, n);
            var offset = row[scanned] - v[scanned] - least;
            for (var k = high; k < columns.Length; k++)
            {
                var j = columns[k];
                var through = row[j] - v[j] - offset;
                if (through >= d[j])
                    continue;
                d[j] = through;
                predecessor[j] = i;
                if (through > least)
                    continue;
                if (rowOfColumn[j] < 0)
                {
                    end = j;
                    break;
                }
                columns[k] = columns[high];
                columns[high++] = j;
            }
        }
        for (var k = 0; k < settled; k++)
            v[columns[k]] += d[columns[k]] - least;
        Apply(columnOfRow, start, end);
    }

    private (int High, long Least) NearestColumns(int low)
    {
        var least = distance[columns[low]];
        var high = low + 1;
        for (var k = high; k < columns.Length; k++)
        {
            var j = columns[k];
            if (distance[j] > least)
                continue;
            if (distance[j] < least)
            {
                high = low;
                least = distance[j];
            }
            columns[k] = columns[high];
            columns[high++] = j;
        }
        return (high, least);
    }

    private int FirstFree(int low, int high)
    {
        for (var k = low; k < high; k++)
            if (rowOfColumn[columns[k]] < 0)
                return columns[k];
        return -1;
    }

    private void Apply(Span<int> columnOfRow, int start, int end)
    {
        var column = end;
        while (true)
        {
            var row = predecessor[column];
            rowOfColumn[column] = row;
            (column, columnOfRow[row]) = (columnOfRow[row], column);
            if (row == start)
                return;
        }
    }
}
