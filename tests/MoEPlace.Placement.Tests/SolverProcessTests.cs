using System.Diagnostics;
using MoEPlace.Placement.Solvers;
using Xunit;

namespace MoEPlace.Placement.Tests;

public sealed class SolverProcessTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("moeplace-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Nothing_is_printed_by_the_engine_in_this_process()
    {
        var start = new ProcessStartInfo { FileName = Environment.ProcessPath!, RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            start.ArgumentList.Add(typeof(SolverProcessTests).Assembly.Location);
        start.Environment[SilentChild.Variable] = "1";
        using var child = Process.Start(start)!;
        var errors = child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal("", await child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken));
        Assert.Equal("", await errors);
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(42, child.ExitCode);
    }

    [Fact]
    public void Says_how_to_get_node_where_it_is_missing()
    {
        var fault = Assert.Throws<InputException>(() => Solve(new HighsSolver("no-such-node", Script("")))).Faults.Single();
        Assert.Contains("no-such-node", fault.Value, StringComparison.Ordinal);
        Assert.Contains("apt-get install nodejs", fault.Allowed, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_how_to_get_the_package_where_it_is_missing()
    {
        // Away from the repository there is no node_modules above the script.
        var script = Path.Combine(folder.FullName, "highs.mjs");
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Solvers", "highs.mjs"), script);
        var fault = Assert.Throws<InputException>(() => Solve(new HighsSolver("node", script))).Faults.Single();
        Assert.Contains("package highs not found", fault.Value, StringComparison.Ordinal);
        Assert.Contains("npm ci", fault.Allowed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("process.exit(7)", "exit code 7")]
    [InlineData("throw new RangeError('out of memory')", "RangeError: out of memory")]
    [InlineData("console.log('{')", "cannot be read")]
    [InlineData("console.log('{\"status\":\"optimal\",\"surprise\":1}')", "cannot be read")]
    [InlineData("console.log('{\"status\":\"solveError\"}')", "solveError")]
    [InlineData("console.log('{\"status\":\"optimal\",\"found\":true,\"values\":[2]}')", "violates the program")]
    [InlineData("console.log('{\"status\":\"optimal\",\"found\":true,\"values\":[1,1]}')", "values for")]
    public void An_engine_that_fails_is_told_so(string code, string reason)
    {
        var failure = Assert.Throws<IntegerSolverException>(() => Solve(new HighsSolver("node", Script(code))));
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_process_is_left_behind_by_a_cancelled_solve()
    {
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(800));
        var script = Script("await new Promise((done) => setTimeout(done, 60000))");
        var solver = new HighsSolver("node", script);
        Assert.ThrowsAny<OperationCanceledException>(() => solver.Solve(One(), new IntegerSolverOptions(), source.Token));
        Assert.DoesNotContain(Directory.EnumerateDirectories("/proc"), process => CommandLine(process).Contains(script, StringComparison.Ordinal));
    }

    private string Script(string code)
    {
        var path = Path.Combine(folder.FullName, "engine.mjs");
        File.WriteAllText(path, code);
        return path;
    }

    private static string CommandLine(string processFolder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(processFolder, "cmdline"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static IntegerProgram One()
    {
        var builder = new IntegerProgramBuilder();
        builder.AddBinary(1);
        return builder.Build();
    }

    private static IntegerSolution Solve(HighsSolver solver) =>
        solver.Solve(One(), new IntegerSolverOptions(), TestContext.Current.CancellationToken);
}
