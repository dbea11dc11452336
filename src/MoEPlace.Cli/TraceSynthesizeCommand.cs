using System.CommandLine;
using MoEPlace.Traces.Models;
using MoEPlace.Traces.Synthesis;

namespace MoEPlace.Cli;

/// <summary><c>trace synthesize</c>: a labelled synthetic trace.</summary>
internal static class TraceSynthesizeCommand
{
    public static Command Create(Terminal terminal)
    {
        var defaults = new TraceSynthesisOptions { Model = Shape(2, 2, 1) };
        var model = new Option<string?>("--model")
        {
            Description = $"A config.json or a built-in model ({string.Join(", ", ModelConfig.BuiltIn)}); "
                + "else --layers, --experts and --top-k.",
        };
        var layers = new Option<int>("--layers") { Description = "MoE layers, without --model.", DefaultValueFactory = _ => 24 };
        var experts = new Option<int>("--experts") { Description = "Experts per layer, without --model.", DefaultValueFactory = _ => 32 };
        var topK = new Option<int>("--top-k") { Description = "Experts per token, without --model.", DefaultValueFactory = _ => 4 };
        var tokens = new Option<long>("--tokens") { Description = "Tokens.", DefaultValueFactory = _ => defaults.Tokens };
        var sequences = new Option<int?>("--sequences") { Description = "Sequences; default 200, or as many as tokens." };
        var affinity = new Option<double>("--affinity")
        {
            Description = "Probability that a choice follows the preferred successor of the layer before, 0 to 1.",
            DefaultValueFactory = _ => defaults.Affinity,
        };
        var zipf = new Option<double>("--zipf")
        {
            Description = "Exponent of the load's Zipf law; 0 is even.",
            DefaultValueFactory = _ => defaults.ZipfExponent,
        };
        var domains = new Option<int>("--domains")
        {
            Description = "Domains, each with a load of its own.",
            DefaultValueFactory = _ => defaults.Domains,
        };
        var seed = new Option<long>("--seed")
        {
            Description = "The same seed gives the same bytes.",
            DefaultValueFactory = _ => defaults.Seed,
        };
        var output = CommonOptions.Output("The trace to write; it says of itself that it is synthetic.");
        var command = new Command("synthesize", "Draw a synthetic trace: Markov affinity between layers, Zipf load.")
        {
            model, layers, experts, topK, tokens, sequences, affinity, zipf, domains, seed, output,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var path = parsed.GetValue(output)!;
            TraceSynthesis.Write(path, new TraceSynthesisOptions
            {
                Model = parsed.GetValue(model) is { } name
                    ? ModelConfig.Read(name)
                    : Shape(parsed.GetValue(layers), parsed.GetValue(experts), parsed.GetValue(topK)),
                Tokens = parsed.GetValue(tokens),
                Sequences = parsed.GetValue(sequences) ?? (int)Math.Clamp(parsed.GetValue(tokens), 1, defaults.Sequences),
                Affinity = parsed.GetValue(affinity),
                ZipfExponent = parsed.GetValue(zipf),
                Domains = parsed.GetValue(domains),
                Seed = parsed.GetValue(seed),
            }, cancellation);
            terminal.Line(path);
            return Task.FromResult(0);
        });
        return command;
    }

    private static MoEModel Shape(int layers, int experts, int topK)
    {
        if (layers is < 1 or > 10_000)
            throw new InputException("options", "--layers", layers, "1 to 10,000");
        return new("synthetic", layers, [.. Enumerable.Range(0, layers)], experts, topK);
    }
}
