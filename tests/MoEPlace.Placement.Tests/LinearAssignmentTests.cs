using Xunit;

namespace MoEPlace.Placement.Tests;

public sealed class LinearAssignmentTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(20)]
    [InlineData(1_000_000_000_000)]
    public void Costs_as_little_as_the_best_of_all_permutations(long range)
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var stream = new SeedStream(seed, "assignment", range);
            var n = 1 + stream.Next(7);
            var cost = Random(stream, n, range);
            var columnOfRow = new int[n];
            LinearAssignment.Solve(cost, n, columnOfRow);
            Assert.Equal(n, columnOfRow.Distinct().Count());
            Assert.True(LeastByTryingAll(cost, n, 0, 0) == Total(cost, n, columnOfRow), $"seed {seed}, range {range}, n {n}");
        }
    }

    [Theory]
    [InlineData(16, 2)]
    [InlineData(64, 5)]
    [InlineData(64, 100_000)]
    [InlineData(256, 3)]
    [InlineData(200, 1L << 46)]
    public void Potentials_prove_that_nothing_is_cheaper(int n, long range)
    {
        var solver = new LinearAssignment(n);
        for (var seed = 0; seed < 8; seed++)
        {
            var cost = Random(new SeedStream(seed, "assignment proof", range), n, range);
            Prove(solver, cost, n, $"seed {seed}, range {range}");
        }
    }

    [Theory]
    [InlineData(64, 8)]
    [InlineData(256, 32)]
    public void Potentials_prove_it_where_slots_of_one_rank_cost_the_same(int n, int ranks)
    {
        var solver = new LinearAssignment(n);
        for (var seed = 0; seed < 8; seed++)
        {
            var stream = new SeedStream(seed, "assignment to ranks");
            var cost = new long[n * n];
            for (var i = 0; i < n; i++)
            {
                for (var rank = 0; rank < ranks; rank++)
                    cost.AsSpan(i * n + rank * (n / ranks), n / ranks).Fill(stream.Next(2000) - stream.Next(1000));
            }
            Prove(solver, cost, n, $"seed {seed}");
        }
    }

    [Fact]
    public void Competition_for_few_columns_ends_soon_however_large_the_costs()
    {
        const int n = 48;
        var cost = new long[n * n];
        Array.Fill(cost, LinearAssignment.MaxCost);
        for (var i = 0; i < n; i++)
            for (var j = 0; j < 3; j++)
                cost[i * n + j] = (i * j) & 1;
        Prove(new LinearAssignment(n), cost, n, "competition");
    }

    [Fact]
    public void The_same_costs_give_the_same_columns_from_used_buffers()
    {
        var used = new LinearAssignment(40);
        for (var seed = 0; seed < 20; seed++)
        {
            var cost = Random(new SeedStream(seed, "assignment ties"), 40, 2);
            var (fresh, again) = (new int[40], new int[40]);
            LinearAssignment.Solve(cost, 40, fresh);
            used.Minimize(cost, again);
            Assert.Equal(fresh, again);
        }
    }

    [Fact]
    public void Equal_costs_leave_every_row_at_its_own_column_or_another_once()
    {
        var columnOfRow = new int[9];
        LinearAssignment.Solve(new long[81], 9, columnOfRow);
        Assert.Equal(Enumerable.Range(0, 9), columnOfRow.Order());
    }

    [Fact]
    public void Nothing_to_assign_costs_nothing() => Assert.Equal(0, new LinearAssignment(0).Minimize([], []));

    [Fact]
    public void Refuses_shapes_and_costs_that_do_not_fit()
    {
        Assert.Throws<ArgumentException>(() => LinearAssignment.Solve(new long[3], 2, new int[2]));
        Assert.Throws<ArgumentException>(() => LinearAssignment.Solve(new long[4], 2, new int[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => LinearAssignment.Solve([0, 0, 0, LinearAssignment.MaxCost + 1], 2, new int[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => LinearAssignment.Solve([0, 0, 0, long.MinValue], 2, new int[2]));
    }

    private static long[] Random(SeedStream stream, int n, long range)
    {
        var cost = new long[n * n];
        for (var k = 0; k < cost.Length; k++)
            cost[k] = (long)(stream.NextDouble() * (2 * range + 1)) - range;
        return cost;
    }

    private static void Prove(LinearAssignment solver, long[] cost, int n, string message)
    {
        var columnOfRow = new int[n];
        var total = solver.Minimize(cost, columnOfRow);
        Assert.Equal(Enumerable.Range(0, n), columnOfRow.Order());
        Assert.Equal(Total(cost, n, columnOfRow), total);
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
                Assert.True(solver.RowPotentials[i] + solver.ColumnPotentials[j] <= cost[i * n + j], $"{message}: cell {i}, {j}");
            Assert.True(solver.RowPotentials[i] + solver.ColumnPotentials[columnOfRow[i]] == cost[i * n + columnOfRow[i]], $"{message}: row {i}");
        }
    }

    private static long Total(long[] cost, int n, int[] columnOfRow) => columnOfRow.Select((column, row) => cost[row * n + column]).Sum();

    private static long LeastByTryingAll(long[] cost, int n, int row, int used)
    {
        if (row == n)
            return 0;
        var least = long.MaxValue;
        for (var j = 0; j < n; j++)
            if ((used & (1 << j)) == 0)
                least = Math.Min(least, cost[row * n + j] + LeastByTryingAll(cost, n, row + 1, used | (1 << j)));
        return least;
    }
}
