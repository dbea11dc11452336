using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MoEPlace.Service.Decisions;

namespace MoEPlace.Cli;

/// <summary><c>decide</c>: decides once more what the service decided, from its record.</summary>
internal static class DecideCommand
{
    private const int Differs = 1;

    public static Command Create(Terminal terminal, Action gone)
    {
        var record = new Argument<string?>("record")
        {
            Description = "The record of a decision, a zip archive that the service hands out.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var worker = new Option<string?>("--worker")
        {
            Description = "Decide for a service: its input on standard input, the routing in this file.",
            Hidden = true,
        };
        var json = CommonOptions.Json();
        var command = new Command("decide", "Replay a decision of the service offline, and tell whether it is the same. Exit code 1: it differs.")
        {
            record, worker, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var (file, trace) = (parsed.GetValue(record), parsed.GetValue(worker));
            if (file is null == trace is null)
                throw new InputException("decide", "record", file, "the record of a decision");
            return Task.FromResult(trace is not null
                ? Work(terminal, trace, gone, cancellation)
                : Replay(terminal, file!, parsed.GetValue(json), cancellation));
        });
        return command;
    }

    private static int Work(Terminal terminal, string trace, Action gone, CancellationToken cancellation)
    {
        // Not disposed: a thread reads it until the process ends.
        var input = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
        terminal.Line(Encoding.UTF8.GetString(DecisionProcess.Work(trace, input, gone, cancellation).ToJson()));
        return 0;
    }

    private static int Replay(Terminal terminal, string file, bool asJson, CancellationToken cancellation)
    {
        var (onRecord, again) = DecisionRecord.Replay(Read(file), file, cancellation);
        var same = onRecord.Equals(again);
        if (asJson)
        {
            terminal.Json(new JsonObject
            {
                ["same"] = same,
                ["onRecord"] = JsonSerializer.SerializeToNode(onRecord, StrictJson.Options),
                ["again"] = JsonSerializer.SerializeToNode(again, StrictJson.Options),
            });
            return same ? 0 : Differs;
        }
        Print(terminal, onRecord);
        if (same)
            terminal.Line("decided again: the same");
        else
        {
            terminal.Line("decided again: it differs");
            Print(terminal, again);
        }
        return same ? 0 : Differs;
    }

    private static void Print(Terminal terminal, Decision decision)
    {
        terminal.Facts($"decision {decision.Number} of {decision.Job}", decision.Verdict == Verdict.Apply ? "apply" : "keep",
        [
            ["step now", MeasureTable.Seconds(decision.Before.StepSeconds)],
            ["step under the plan", MeasureTable.Seconds(decision.After?.StepSeconds)],
            ["simulated now", MeasureTable.Seconds(decision.SimulatedBefore)],
            ["simulated under the plan", MeasureTable.Seconds(decision.SimulatedAfter)],
            ["measured step that is promised", MeasureTable.Seconds(decision.PromisedSeconds)],
            ["migration", MeasureTable.Bytes(decision.MigrationBytes)],
            ["migration, links otherwise idle", MeasureTable.Seconds(decision.MigrationSeconds)],
            ["gain over the horizon", MeasureTable.Seconds(decision.GainSeconds)],
            ["plan", decision.Digest ?? "none"],
        ]);
        foreach (var line in decision.Reasons.Concat(decision.Changes))
            terminal.Line(line);
    }

    private static byte[] Read(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException(file, "file", e.Message, "a file that can be read");
        }
    }
}
