using System.CommandLine;
using MoEPlace.Traces;

namespace MoEPlace.Cli;

/// <summary><c>trace merge</c>: several traces of one model as one.</summary>
internal static class TraceMergeCommand
{
    public static Command Create(Terminal terminal)
    {
        var traces = new Argument<string[]>("traces")
        {
            Description = "Traces, or journals of runs, of one model; their sequences are numbered on in this order.",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = CommonOptions.Output("The trace to write.");
        var command = new Command("merge", "Join traces of one model.") { traces, output };
        command.SetAction(parsed =>
        {
            var faults = new InputFaults("trace merge");
            faults.RequireOutputs(parsed.GetValue(traces)!, ("--output", parsed.GetValue(output)));
            faults.ThrowIfAny();
            var merged = TraceMerge.Run(parsed.GetValue(traces)!, parsed.GetValue(output)!);
            foreach (var note in merged.Notes)
                terminal.Error($"note: {note}");
            foreach (var dropped in merged.DroppedNames)
                terminal.Error($"note: column {dropped} is left out: not every trace has it");
            var size = $"{MeasureTable.Count(merged.Tokens)} tokens in {MeasureTable.Count(merged.Sequences)} sequences";
            terminal.Line($"{merged.Path}: {merged.Header.Model.Name}, {size}");
        });
        return command;
    }
}
