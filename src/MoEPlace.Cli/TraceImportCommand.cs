using System.Collections.Immutable;
using System.CommandLine;
using MoEPlace.Traces.Importers;
using MoEPlace.Traces.Journals;
using MoEPlace.Traces.Models;

namespace MoEPlace.Cli;

/// <summary><c>trace import</c>: a recording of an engine as a trace or a load file.</summary>
internal sealed class TraceImportCommand
{
    private readonly Option<string> from = new("--from") { Description = "Who recorded it.", Required = true };
    private readonly Argument<string[]> files = new("files")
    {
        Description = "The recording: files, or a folder (trtllm, journal). With --from npy: --ids.",
        Arity = ArgumentArity.ZeroOrMore,
    };
    private readonly Option<string?> ids = new("--ids") { Description = "npy: expert ids [tokens, layers, top-k]." };
    private readonly Option<string?> weights = new("--weights") { Description = "npy: gate weights in the shape of the ids." };
    private readonly Option<string?> lengths = new("--lengths") { Description = "npy, exflow: JSON list of sequence lengths." };
    private readonly Option<string?> index = new("--index") { Description = "npy: JSON list of {dataset, category, n, offset}." };
    private readonly Option<string?> sequences = new("--sequences") { Description = "npy: npy of each token's sequence." };
    private readonly Option<string?> domains = new("--domains") { Description = "npy: npy of each token's domain." };
    private readonly Option<string?> domain = new("--domain") { Description = "The one domain that all tokens belong to." };
    private readonly Option<string?> model = new("--model")
    {
        Description = $"A config.json, a trace.json, or a built-in model: {string.Join(", ", ModelConfig.BuiltIn)}.",
    };
    private readonly Option<string?> layers = new("--moe-layers") { Description = "Model layer ids of the MoE layers, for example 1-26." };
    private readonly Option<bool> byWeight = new("--choices-by-weight")
    {
        Description = "A token's experts stand in order of weight, highest first.",
    };
    private readonly Option<bool> raw = new("--raw")
    {
        Description = "trtllm: read the choices of every token (rank*_raw.safetensors) instead of counts.",
    };
    private readonly Option<string?> licence = new("--licence") { Description = "Under which licence the recording may be used." };
    private readonly Option<string?> source = new("--source") { Description = "Where it comes from." };
    private readonly Option<string> output = CommonOptions.Output("The trace (or, without tokens, the load file) to write.");
    private readonly Terminal terminal;

    private TraceImportCommand(Terminal terminal)
    {
        this.terminal = terminal;
        from.AcceptOnlyFromAmong("npy", "vllm", "vllm-load", "sglang", "trtllm", "exflow", "popularity", "journal");
    }

    public static Command Create(Terminal terminal)
    {
        var verb = new TraceImportCommand(terminal);
        var command = new Command("import", "Turn an engine's recording into a trace, or into a load file where it has no tokens.")
        {
            verb.from, verb.files, verb.ids, verb.weights, verb.lengths, verb.index, verb.sequences, verb.domains, verb.domain,
            verb.model, verb.layers, verb.byWeight, verb.raw, verb.licence, verb.source, verb.output,
        };
        command.SetAction(verb.Run);
        return command;
    }

    private void Run(ParseResult parsed)
    {
        var to = parsed.GetValue(output)!;
        var recorder = parsed.GetValue(from)!;
        Check(parsed, recorder);
        terminal.Imported(recorder switch
        {
            "npy" => NpyImport.Run(Told(parsed, new NpyImportOptions(parsed.GetValue(ids) ?? parsed.GetValue(files)![0], to)
            {
                Weights = parsed.GetValue(weights),
                Lengths = parsed.GetValue(lengths),
                Index = parsed.GetValue(index),
                Sequences = parsed.GetValue(sequences),
                Domains = parsed.GetValue(domains),
            })),
            "journal" => JournalTrace.Write(Files(parsed)[0], to),
            "vllm" => VllmImport.Run(Told(parsed, new VllmImportOptions(Files(parsed), to))),
            "vllm-load" => VllmLoadImport.Run(Told(parsed, new VllmLoadImportOptions(Files(parsed)[0], to))),
            "sglang" => SglangImport.Run(Told(parsed, new SglangImportOptions(Files(parsed), to))),
            "trtllm" => TensorRtLlmImport.Run(Told(parsed, new TensorRtLlmImportOptions(Files(parsed)[0], to)
            {
                Raw = parsed.GetValue(raw),
            })),
            "popularity" => PopularityImport.Run(Told(parsed, new PopularityImportOptions(Files(parsed), to))),
            _ => ExFlowImport.Run(Told(parsed, new ExFlowImportOptions(Files(parsed)[0], to) { Lengths = parsed.GetValue(lengths) })),
        });
    }

    /// <summary>
    /// Refuses too few or too many files, options that the recorder's files have no use for, and an output over an input.
    /// </summary>
    private void Check(ParseResult parsed, string recorder)
    {
        var faults = new InputFaults("trace import");
        var given = parsed.GetValue(files)!.Length + (parsed.GetValue(ids) is null ? 0 : 1);
        var several = recorder is "vllm" or "sglang" or "popularity";
        faults.Require(
            given == 1 || (given > 1 && several), recorder == "npy" ? "--ids" : "files", given == 0 ? null : given,
            several ? "at least one file of the recording" : recorder is "trtllm" or "journal" ? "one folder" : "one file");
        if (recorder == "journal")
            foreach (var option in new Option[] { domain, model, layers, byWeight, licence, source })
                faults.Require(
                    parsed.GetResult(option) is null or { Implicit: true }, option.Name, "with --from journal", "nothing: a journal tells it itself");
        foreach (var (option, serves) in new (Option Option, string[] Serves)[]
        {
            (ids, ["npy"]), (weights, ["npy"]), (lengths, ["npy", "exflow"]), (index, ["npy"]), (sequences, ["npy"]), (domains, ["npy"]),
            (raw, ["trtllm"]),
        })
            faults.Require(
                parsed.GetResult(option) is null or { Implicit: true } || serves.Contains(recorder), option.Name, $"with --from {recorder}",
                $"only with --from {string.Join(" or ", serves)}");
        faults.RequireOutputs(
            [
                .. parsed.GetValue(files)!, parsed.GetValue(ids), parsed.GetValue(weights), parsed.GetValue(lengths),
                parsed.GetValue(index), parsed.GetValue(sequences), parsed.GetValue(domains), parsed.GetValue(model),
            ],
            ("--output", parsed.GetValue(output)));
        faults.ThrowIfAny();
    }

    private ImmutableArray<string> Files(ParseResult parsed) => [.. parsed.GetValue(files)!];

    private T Told<T>(ParseResult parsed, T options)
        where T : ImportOptions => options with
        {
            Model = parsed.GetValue(model),
            MoeLayers = parsed.GetValue(layers),
            Domain = parsed.GetValue(domain),
            ChoicesByWeight = parsed.GetValue(byWeight),
            Licence = parsed.GetValue(licence),
            Source = parsed.GetValue(source),
        };
}
