using MoEPlace.Placement.Solvers;
using Xunit;

namespace MoEPlace.Placement.Tests;

public sealed class IntegerProgramTests
{
    [Fact]
    public void Violation_is_the_farthest_that_a_bound_a_row_or_a_whole_number_is_missed()
    {
        var builder = new IntegerProgramBuilder();
        var (x, y) = (builder.AddBinary(2), builder.AddColumn(0, double.PositiveInfinity, -1, whole: false));
        builder.AddRow(double.NegativeInfinity, 3, [x, y], [1, 1]);
        var program = builder.Build();
        Assert.Equal(0, program.Violation([1, 2]));
        Assert.Equal(0, program.ObjectiveOf([1, 2]));
        Assert.Equal(0.5, program.Violation([0.5, 2]));
        Assert.Equal(1.0 / 3, program.Violation([1, 3]), 1e-12);
        Assert.Equal(0.5, program.Violation([2, 0]));
        Assert.Equal(1, program.Violation([0, -4]));
    }

    [Fact]
    public void Refuses_what_is_no_column_and_no_row()
    {
        var builder = new IntegerProgramBuilder();
        Assert.Throws<InvalidOperationException>(builder.Build);
        var x = builder.AddBinary(1);
        Assert.Throws<ArgumentException>(() => builder.AddColumn(2, 1, 0, whole: true));
        Assert.Throws<ArgumentException>(() => builder.AddColumn(double.NaN, 1, 0, whole: true));
        Assert.Throws<ArgumentException>(() => builder.AddColumn(0, 1, double.PositiveInfinity, whole: true));
        Assert.Throws<ArgumentException>(() => builder.AddRow(double.PositiveInfinity, double.PositiveInfinity, [x], [1]));
        Assert.Throws<ArgumentException>(() => builder.AddRow(0, 1, [x], [1, 2]));
        Assert.Throws<ArgumentException>(() => builder.AddRow(0, 1, [x, x], [1, 2]));
        Assert.Throws<ArgumentException>(() => builder.AddRow(0, 1, [7], [1]));
        Assert.Throws<ArgumentException>(() => builder.AddRow(0, 1, [x], [double.NaN]));
        Assert.Equal((1, 0), (builder.Build().Columns, builder.Build().Rows));
    }
}
