using System.Runtime.CompilerServices;
using MoEPlace.Placement.Solvers;

namespace MoEPlace.Placement.Tests;

/// <summary>
/// This test program started as a child, before the test runner gets to say anything: it solves programs of every outcome with
/// the engine that runs in process and ends, so that whatever stands on its stdout was printed by the engine.
/// </summary>
internal static class SilentChild
{
    /// <summary>The environment variable that asks for it.</summary>
    internal const string Variable = "MOEPLACE_TEST_SILENT_SOLVER";

    [ModuleInitializer]
    internal static void Run()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
            return;
        var solver = new CbcSolver();
        foreach (var program in Programs())
            solver.Solve(program, new IntegerSolverOptions { TimeLimit = TimeSpan.FromSeconds(1), Start = new double[program.Columns] }, default);
        Environment.Exit(42);
    }

    private static IEnumerable<IntegerProgram> Programs()
    {
        yield return IntegerSolverTests.MarketSplit(8);
        yield return IntegerSolverTests.MarketSplit(30);
        foreach (var whole in new[] { true, false })
        {
            var builder = new IntegerProgramBuilder();
            builder.AddColumn(0, 10, 1, whole);
            builder.AddRow(30.5, 30.75, [0], [10]);
            builder.AddRow(50, 60, [0], [10]);
            yield return builder.Build();
            builder = new IntegerProgramBuilder();
            builder.AddColumn(0, double.PositiveInfinity, -1, whole);
            builder.AddColumn(0, double.PositiveInfinity, -1, whole);
            builder.AddRow(double.NegativeInfinity, 5, [0, 1], [1, -1]);
            yield return builder.Build();
        }
    }
}
