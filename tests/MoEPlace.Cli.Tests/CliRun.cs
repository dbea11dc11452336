using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>One command line, run in this process with its output caught.</summary>
internal sealed record CliRun(int Code, string Output, string Error)
{
    internal static CliRun Of(params string[] arguments) => Of(CancellationToken.None, arguments);

    internal static CliRun Of(CancellationToken cancellation, params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        // No test waits for what the command does not do in a task of its own.
        var code = Task.Run(() => Program.RunAsync(arguments, output, error, cancellation)).GetAwaiter().GetResult();
        var run = new CliRun(code, output.ToString(), error.ToString());
        Assert.DoesNotMatch(@"[\x00-\x08\x0b-\x1f]", run.Output + run.Error);
        return run;
    }

    /// <summary>Runs what must work; on standard error stand notes and the progress of a search, nothing else.</summary>
    internal static CliRun Done(params string[] arguments)
    {
        var run = Of(arguments);
        Assert.True(run.Code == 0, $"{string.Join(' ', arguments)}: {run}");
        Assert.All(
            run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.True(Regex.IsMatch(line, @"^note: .+$|^.+: +\d+ %, .+$"), line));
        return run;
    }

    /// <summary>Runs what must print one JSON object.</summary>
    internal static JsonElement Json(params string[] arguments)
    {
        var run = Done([.. arguments, "--json"]);
        using var document = JsonDocument.Parse(run.Output);
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        return document.RootElement.Clone();
    }

    /// <summary>Fails unless bad input was told as it must be: exit code 2, nothing on standard output, and every line a fault.</summary>
    internal CliRun Refused(params string[] told)
    {
        Assert.True(Code == 2, ToString());
        Assert.Empty(Output);
        Assert.All(
            Error.TrimEnd('\n').Split('\n'),
            line => Assert.True(Regex.IsMatch(line, "^.+: .+ = .+; allowed: .+$|^See `moeplace .*--help`.$"), line));
        Assert.All(told, part => Assert.Contains(part, Error, StringComparison.Ordinal));
        return this;
    }
}
