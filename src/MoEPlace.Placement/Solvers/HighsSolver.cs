using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace MoEPlace.Placement.Solvers;

/// <summary>
/// HiGHS, compiled to WebAssembly (npm package <c>highs</c>), run by node: one process for each solve, killed on cancellation. Programs
/// and answers are JSON, so that numbers travel exactly.
/// </summary>
public sealed class HighsSolver : IIntegerSolver
{
    private readonly string node;
    private readonly string script;

    /// <summary>With <c>node</c> from the path, and the script that stands beside this library.</summary>
    public HighsSolver()
        : this("node", Path.Combine(AppContext.BaseDirectory, "Solvers", "highs.mjs"))
    {
    }

    internal HighsSolver(string node, string script) => (this.node, this.script) = (node, script);

    /// <inheritdoc/>
    public string Name => "highs";

    /// <inheritdoc/>
    public IntegerSolution Solve(IntegerProgram program, IntegerSolverOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(program);
        cancellation.ThrowIfCancellationRequested();
        var clock = Stopwatch.StartNew();
        var answer = Parse(Run(program, options, cancellation));
        var seconds = clock.Elapsed.TotalSeconds;
        var status = answer.Status switch
        {
            "optimal" => IntegerStatus.Optimal,
            "infeasible" => IntegerStatus.Infeasible,
            "unbounded" => IntegerStatus.Unbounded,
            "timeLimit" or "iterationLimit" or "solutionLimit" or "interrupted" or "objectiveBound" or "objectiveTarget" =>
                answer.Found ? IntegerStatus.Feasible : IntegerStatus.LimitReached,
            _ => throw new IntegerSolverException($"highs gave up: {answer.Status}."),
        };
        return IntegerSolution.Checked("highs", program, options, status, answer.Values, answer.Bound, answer.Nodes, seconds);
    }

    private string Run(IntegerProgram program, IntegerSolverOptions options, CancellationToken cancellation)
    {
        // The engine keeps its own limit; this one is for an engine that stalls, and leaves time to start and to read the program.
        var patience = options.TimeLimit.TotalSeconds + 60 + program.Indices.Length / 100_000.0;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(Math.Min(patience, 4e6)));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        using var process = Start();
        using var kill = either.Token.Register(() => Kill(process));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
            Send(process, program, options);
            process.WaitForExit();
            cancellation.ThrowIfCancellationRequested();
            if (limit.IsCancellationRequested)
                throw new IntegerSolverException($"highs did not end {patience - options.TimeLimit.TotalSeconds:F0} s after its time limit and was stopped.");
            var (text, diagnostics) = (output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
            return process.ExitCode == 0 ? text : throw Crashed(process.ExitCode, diagnostics);
        }
        finally
        {
            Kill(process);
        }
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(node, [script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InputException("--solver", "highs", $"{node}: {e.Message}", "node 18 or newer installed (apt-get install nodejs), or --solver cbc");
        }
    }

    private static void Send(Process process, IntegerProgram program, IntegerSolverOptions options)
    {
        try
        {
            using var stream = process.StandardInput.BaseStream;
            HighsRequest.Write(stream, program, options);
        }
        catch (IOException)
        {
            // It ended before it had read all; its exit code and its answer say why.
        }
    }

    private static IntegerSolverException Crashed(int exitCode, string diagnostics)
    {
        // Node prints the line of the script, a blank line, then the error and its stack.
        var lines = diagnostics.Split('\n', StringSplitOptions.TrimEntries);
        var reason = lines.FirstOrDefault(line => line.Split(':', ' ')[0].EndsWith("Error", StringComparison.Ordinal)) ?? "no reason given";
        return new IntegerSolverException($"highs: node ended with exit code {exitCode}: {reason}");
    }

    private static HighsAnswer Parse(string text)
    {
        HighsAnswer? answer;
        try
        {
            answer = JsonSerializer.Deserialize<HighsAnswer>(text, StrictJson.OneLine);
        }
        catch (JsonException e)
        {
            throw new IntegerSolverException("highs: its answer cannot be read.", e);
        }
        if (answer?.Missing is { } package)
            throw new InputException(
            "--solver", "highs", $"package {package} not found",
            "the npm packages installed (npm ci in the folder of package.json), or --solver cbc");
        return answer ?? throw new IntegerSolverException("highs: no answer.");
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended already.
        }
    }
}
