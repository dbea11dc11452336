using System.CommandLine;
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
            Description = "Files that place, evaluate or demo wrote with --result.",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = CommonOptions.Output("The folder of the page, the figures (SVG and PNG) and the tables (CSV).");
        var command = new Command("report", "Draw results: one self-contained page, and every figure by itself.") { results, output };
        command.SetAction((parsed, cancellation) =>
        {
            var folder = parsed.GetValue(output)!;
            Report.Write([.. parsed.GetValue(results)!.Select(ResultFile.Read)], folder, cancellation);
            terminal.Line(Path.GetFullPath(Path.Combine(folder, "index.html")));
            return Task.FromResult(0);
        });
        return command;
    }
}
