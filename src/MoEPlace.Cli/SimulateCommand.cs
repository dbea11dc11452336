using System.CommandLine;
using MoEPlace.Reports;
using MoEPlace.Results;
using MoEPlace.Simulation.Scenarios;

namespace MoEPlace.Cli;

/// <summary><c>simulate</c>: a scenario's variants in virtual time, beside what it expects and what papers say.</summary>
internal sealed class SimulateCommand
{
    /// <summary>Exit code: it ran, and an expectation is not met.</summary>
    private const int NotAsExpected = 1;

    /// <summary>Ranks in a timeline: enough for a person to see who waits for whom.</summary>
    private const int Drawn = 4;

    private readonly Argument<string> scenario = new("scenario")
    {
        Description = "The name of a scenario in scenarios/, or the path of a scenario file.",
    };
    private readonly Option<long?> seed = new("--seed") { Description = "Seed of everything random; default: the scenario's." };
    private readonly Option<string?> result = CommonOptions.Result();
    private readonly Option<string?> timeline = new("--timeline")
    {
        Description = "Also write the streams and links of a few ranks to this file, for chrome://tracing or Perfetto.",
    };
    private readonly Option<string?> report = new("--report") { Description = "Also draw the page of the result into this folder." };
    private readonly Option<bool> json = CommonOptions.Json();
    private readonly Terminal terminal;
    private readonly StepRunner step;

    private SimulateCommand(Terminal terminal, StepRunner step) => (this.terminal, this.step) = (terminal, step);

    public static Command Create(Terminal terminal, StepRunner step)
    {
        var verb = new SimulateCommand(terminal, step);
        var command = new Command("simulate",
            "Run a scenario: what if the placement, the network, the cluster were others. Exit code 1 when an expectation is not met.")
        {
            verb.scenario, verb.seed, verb.result, verb.timeline, verb.report, verb.json,
        };
        command.SetAction((parsed, cancellation) => Task.FromResult(verb.Run(parsed, cancellation)));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancellation)
    {
        var faults = new InputFaults("simulate");
        var read = faults.Try(() => Scenario.Read(ScenarioFolder.Find(parsed.GetValue(scenario)!), parsed.GetValue(seed)));
        var inputs = read is null ? [] : read.Variants.SelectMany(v => new[] { v.Routing.Trace, v.Placement.File }).Append(read.Path);
        var page = parsed.GetValue(report) is { } folder ? Path.Combine(folder, Report.PageName) : null;
        faults.RequireOutputs(inputs, ("--result", parsed.GetValue(result)), ("--timeline", parsed.GetValue(timeline)), ("--report", page));
        faults.ThrowIfAny();

        SimulationResult told;
        var draws = (parsed.GetValue(result) ?? parsed.GetValue(timeline) ?? page) is not null;
        using (var line = new StatusLine(terminal.ErrorWriter, StatusLine.ColumnsOf(terminal.ErrorWriter), TimeProvider.System))
            told = new ScenarioRun(ScenarioPlacement.Solve, step) { DrawnRanks = draws ? Drawn : 0 }
                .Run(read!, new ScenarioBar(line), cancellation);
        if (parsed.GetValue(result) is { } file)
            told.Write(file);
        if (parsed.GetValue(timeline) is { } trace)
            ChromeTrace.Write(told, trace);
        if (page is not null)
            SimulationReport.Write([told], Path.GetDirectoryName(page)!, cancellation);
        if (parsed.GetValue(json))
            terminal.Json(told);
        else
            SimulationTables.Print(terminal, told);
        foreach (var missed in told.Expectations.Where(e => !e.Met))
            terminal.Error($"not as expected: {SimulationTables.Words(missed)}");
        return told.Expectations.All(e => e.Met) ? 0 : NotAsExpected;
    }
}
