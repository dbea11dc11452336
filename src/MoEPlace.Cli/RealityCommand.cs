using System.CommandLine;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Training;
using MoEPlace.Reports;

namespace MoEPlace.Cli;

/// <summary><c>reality</c>: measured steps beside simulated ones.</summary>
internal sealed class RealityCommand
{
    private const int MostBatch = 4096;
    private const int LeastSteps = 10;
    private readonly Argument<string> checkpoint = new("checkpoint") { Description = "A folder with config.json and model.safetensors." };
    private readonly Option<string[]> text = new("--text")
    {
        Description = "The text that runs, as bytes: files, or folders of files *.txt; of each the tenth that train holds out.",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<double[]> linkRates = new("--link-rates")
    {
        Description = "Speeds of the link between nodes, in Mbit/s.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [30, 60, 120],
    };
    private readonly Option<int[]> batches = new("--batches")
    {
        Description = "Tokens of a step, over all ranks.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [64, 256],
    };
    private readonly Option<int> steps = new("--steps")
    {
        Description = "Steps that are measured of every link, batch and placement.",
        DefaultValueFactory = _ => 60,
    };
    private readonly Option<string> output = CommonOptions.Output(
        "The folder of the page, the result, and all that it is made of: the recording, placements, clusters.");
    private readonly Terminal terminal;

    private RealityCommand(Terminal terminal) => this.terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var verb = new RealityCommand(terminal);
        var command = new Command(
            "reality",
            $"Hold the simulator against this machine: {RealityOptions.Ranks} ranks on {RealityOptions.Nodes} nodes that it makes of itself, "
            + "calibrated, run and simulated at several link speeds, batches and placements. Writes a page and `result.json`, which `report` reads, "
            + "into the folder of --output.")
        {
            verb.checkpoint, verb.text, verb.linkRates, verb.batches, verb.steps, verb.output,
        };
        command.SetAction((parsed, cancellation) => Task.FromResult(verb.Run(parsed, cancellation)));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancellation)
    {
        var options = Read(parsed);
        var result = RealityRun.Run(options, terminal, cancellation);
        result.Write(options.File($"result.json"));
        RealityReport.Write(result, options.Folder, cancellation);
        RealityTable.Print(terminal, result);
        terminal.Line(Path.Combine(options.Folder, Report.PageName));
        return 0;
    }

    private RealityOptions Read(ParseResult parsed)
    {
        var faults = new InputFaults("reality");
        using var weights = faults.Try(() => Checkpoint.Open(parsed.GetValue(checkpoint)!));
        var options = new RealityOptions(
            Path.GetFullPath(parsed.GetValue(checkpoint)!), [.. parsed.GetValue(text)!.Select(Path.GetFullPath)], [.. parsed.GetValue(linkRates)!],
            [.. parsed.GetValue(batches)!], parsed.GetValue(steps), weights?.Config.MaxPositions ?? int.MaxValue,
            Path.GetFullPath(parsed.GetValue(output)!));
        RequireDistinct(options.LinkMegabits, "--link-rates", rate => rate is >= 1 and <= 100_000, "1 to 100,000 Mbit/s, each once");
        var distinct = RequireDistinct(options.Batches, "--batches", batch => batch is >= 1 and <= MostBatch, $"1 to {MostBatch}, each once");
        const int before = RealityJob.Prompt + RealityJob.WarmUp;
        var most = Math.Max(LeastSteps, options.Positions - before);
        var fits = faults.Require(
            options.Positions - before >= LeastSteps, "checkpoint", $"{options.Positions} positions",
            $"at least {before + LeastSteps}: {LeastSteps} steps and the {before} tokens before them are one sequence");
        faults.Require(
            options.Steps >= LeastSteps && options.Steps <= most, "--steps", options.Steps,
            $"{LeastSteps} to {most}: with the {before} tokens before them they are one sequence");
        CheckText(options, fits && distinct, faults);
        if (weights is not null)
        {
            faults.Require(
                weights.Config.VocabularySize == Corpus.Vocabulary, "--text", $"a vocabulary of {weights.Config.VocabularySize}",
                $"a model of {Corpus.Vocabulary} ids, which are bytes");
            faults.Require(
                weights.Config.Experts % RealityOptions.Ranks == 0, "checkpoint", $"{weights.Config.Experts} experts",
                $"a model whose experts are a multiple of {RealityOptions.Ranks}, the ranks");
        }
        faults.RequireOutputs([.. options.Texts, options.Checkpoint], ("--output", options.File($"result.json")));
        faults.ThrowIfAny();
        return options;

        bool RequireDistinct<T>(IReadOnlyCollection<T> values, string option, Func<T, bool> allowed, string words) => faults.Require(
            values.Count > 0 && values.All(allowed) && values.Distinct().Count() == values.Count, option, string.Join(' ', values), words);
    }

    /// <summary>Reads the text as the runs do, and counts what it holds out where that is known to be needed.</summary>
    private static void CheckText(RealityOptions options, bool counted, InputFaults faults)
    {
        if (faults.Try(() => Corpus.Read(options.Texts, RealityJob.Prompt)) is not { } corpus || !counted)
            return;
        var (largest, migrated) = (options.Batches.Max(), RealityMigrationRun.Sequences(options.Batches[0], options.Positions));
        Require(largest, $"at least {largest}, a step of the largest batch");
        if (migrated > largest)
            Require(migrated, $"at least {migrated}, for the steps of {options.Batches[0]} tokens beside which experts move");

        void Require(int wanted, string words)
        {
            var there = corpus.HeldOut((wanted + corpus.Domains.Length - 1) / corpus.Domains.Length, RealityJob.Prompt).Length;
            faults.Require(there >= wanted, "--text", $"{there} sequences of {RealityJob.Prompt} bytes, as many of each file, are held out", words);
        }
    }
}
