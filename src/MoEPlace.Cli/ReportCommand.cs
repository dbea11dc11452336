using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using MoEPlace.Reports;
using MoEPlace.Results;

namespace MoEPlace.Cli;

/// <summary><c>report</c>: figures and a page from results.</summary>
internal static class ReportCommand
{
    public static Command Create(Terminal terminal)
    {
        var results = new Argument<string[]>("results")
        {
            Description = "Files that place, evaluate, demo or simulate wrote with --result, or the result.json that reality wrote; all of "
                + "placements, all of simulations, or one of reality.",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = CommonOptions.Output("The folder of the page, the figures (SVG and PNG) and the tables (CSV).");
        var command = new Command("report", "Draw results: one self-contained page, and every figure by itself.") { results, output };
        command.SetAction((parsed, cancellation) =>
        {
            var folder = parsed.GetValue(output)!;
            Write(parsed.GetValue(results)!, folder, cancellation);
            terminal.Line(Path.GetFullPath(Path.Combine(folder, "index.html")));
            return Task.FromResult(0);
        });
        return command;
    }

    /// <summary>The page of what the files hold; they say themselves what that is.</summary>
    private static void Write(string[] files, string folder, CancellationToken cancellation)
    {
        var formats = files.Select(FormatOf).ToArray();
        var faults = new InputFaults("report");
        var simulated = formats.Contains(SimulationResult.FormatName);
        var real = formats.Contains(RealityResult.FormatName);
        if (files.Length > 1 && (real || (simulated && formats.Contains(ResultFile.FormatName))))
            foreach (var (file, format) in files.Zip(formats))
                faults.AddRange(
                [
                    new InputFault(
                        file, "format", $"\"{format}\"", "files that are all of one kind, as one page shows one kind, and one of reality"),
                ]);
        faults.ThrowIfAny();
        if (real)
            RealityReport.Write(RealityResult.Read(files[0]), folder, cancellation);
        else if (simulated)
            SimulationReport.Write(ReadAll(files, SimulationResult.Read, faults), folder, cancellation);
        else
            Report.Write(ReadAll(files, ResultFile.Read, faults), folder, cancellation);
    }

    private static ImmutableArray<T> ReadAll<T>(string[] files, Func<string, T> read, InputFaults faults)
        where T : class
    {
        var results = files.Select(file => faults.Try(() => read(file))).ToArray();
        faults.ThrowIfAny();
        return [.. results!];
    }

    /// <summary>What a file says that it is; null where it says nothing, which reading it will tell.</summary>
    private static string? FormatOf(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            using var json = JsonDocument.Parse(stream);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("format", out var format)
                && format.ValueKind == JsonValueKind.String ? format.GetString() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException or JsonException
            or InvalidOperationException)
        {
            return null;
        }
    }
}
