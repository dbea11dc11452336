using System.Collections.Immutable;
using System.CommandLine;
using System.Text;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Running;
using MoEPlace.Executor.Training;

namespace MoEPlace.Cli;

/// <summary>The options that say what is run: texts, lists of ids, or a prompt.</summary>
internal sealed class RunInput
{
    private const int DefaultLength = 256;
    private static readonly Job Defaults = new() { Prompts = [] };
    private readonly Option<string[]> text = new("--text")
    {
        Description = "Run text as bytes: files, or folders of files *.txt; each file is a domain. "
            + "What runs is the tenth of each that train holds out.",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<string?> ids = new("--ids") { Description = "Run the sequences of a JSON file: a list of lists of vocabulary ids." };
    private readonly Option<string?> prompt = new("--prompt") { Description = "Go on from this text, as bytes." };
    private readonly Option<int?> length = new("--length")
    {
        Description = "Tokens of a sequence of --text; default: 256, or what the model takes if that is less.",
    };
    private readonly Option<int> sequences = new("--sequences")
    {
        Description = "Sequences of --text, at most, over all domains.",
        DefaultValueFactory = _ => 64,
    };
    private readonly Option<int?> prefill = new("--prefill")
    {
        Description = "Tokens of a sequence that run at once; the others follow one by one. Default: half of --text, all of --ids.",
    };
    private readonly Option<int?> newTokens = new("--new-tokens")
    {
        Description = "Tokens to sample after each sequence; default: 64 after --prompt, else 0.",
    };
    private readonly Option<int?> endId = new("--end-id") { Description = "The id after which a sequence that samples ends." };
    private readonly Option<double> temperature = new("--temperature")
    {
        Description = "0 takes the likeliest.",
        DefaultValueFactory = _ => Defaults.Temperature,
    };
    private readonly Option<double> topP = new("--top-p")
    {
        Description = "Sample among the likeliest that have this share together.",
        DefaultValueFactory = _ => Defaults.TopP,
    };
    private readonly Option<long> seed = new("--seed")
    {
        Description = "Of what is sampled, and of the order of the sequences of --text.",
        DefaultValueFactory = _ => Defaults.Seed,
    };
    private readonly Option<int> batch = new("--batch")
    {
        Description = "Sequences that run at the same time.",
        DefaultValueFactory = _ => Defaults.Batch,
    };
    private readonly Option<int> prefillTokens = new("--prefill-tokens")
    {
        Description = "Tokens that are prefilled at the same time.",
        DefaultValueFactory = _ => Defaults.PrefillTokens,
    };

    /// <summary>Gives a verb these options.</summary>
    internal void AddTo(Command command)
    {
        foreach (var option in new Option[]
        {
            text, ids, prompt, length, sequences, prefill, newTokens, endId, temperature, topP, seed, batch, prefillTokens,
        })
            command.Options.Add(option);
    }

    /// <summary>Whether what is sampled is text to be shown.</summary>
    internal bool IsPrompt(ParseResult parsed) => parsed.GetValue(prompt) is not null;

    /// <summary>The files and folders that are read.</summary>
    internal IEnumerable<string> Files(ParseResult parsed) =>
        parsed.GetValue(ids) is { } file ? [file, .. parsed.GetValue(text) ?? []] : parsed.GetValue(text) ?? [];

    /// <summary>What was asked for; null when there were faults, which are noted.</summary>
    internal (Job Job, ImmutableArray<string> Domains)? Read(ParseResult parsed, TransformerConfig config, int ranks, InputFaults faults)
    {
        var texts = parsed.GetValue(text) ?? [];
        var given = (texts.Length > 0 ? 1 : 0) + (parsed.GetValue(ids) is null ? 0 : 1) + (IsPrompt(parsed) ? 1 : 0);
        if (!faults.Require(given == 1, "--text, --ids, --prompt", $"{given} of them", "one of them"))
        {
            Of(parsed, []).CheckConditions(faults, config, ranks);
            return null;
        }
        if (parsed.GetValue(ids) is null)
            faults.Require(
                config.VocabularySize == Corpus.Vocabulary, texts.Length > 0 ? "--text" : "--prompt", $"a vocabulary of {config.VocabularySize}",
                $"a model of {Corpus.Vocabulary} ids, which are bytes; try --ids");
        ImmutableArray<string> domains = [];
        var prompts = texts.Length > 0 ? OfText(parsed, texts, config, faults, out domains)
            : parsed.GetValue(ids) is { } file
                ? faults.Try(() => StrictJson.Read<int[][]>(file))?.Select(list => Of(parsed, [.. list], list.Length, 0)).ToArray()
            : [Of(parsed, [.. Encoding.UTF8.GetBytes(parsed.GetValue(prompt)!).Select(b => (int)b)], int.MaxValue, 64)];
        var job = Of(parsed, prompts ?? []);
        if (prompts is null)
            job.CheckConditions(faults, config, ranks);
        else
            job.Check(faults, config, ranks);
        return (job, domains);
    }

    private Job Of(ParseResult parsed, IEnumerable<Prompt> prompts) => new()
    {
        Prompts = [.. prompts],
        Batch = parsed.GetValue(batch),
        PrefillTokens = parsed.GetValue(prefillTokens),
        EndId = parsed.GetValue(endId),
        Temperature = parsed.GetValue(temperature),
        TopP = parsed.GetValue(topP),
        Seed = parsed.GetValue(seed),
    };

    private Prompt Of(ParseResult parsed, ImmutableArray<int> all, int atOnce, int sampled, byte domain = 0) => new(
        all, parsed.GetValue(prefill) is { } asked && atOnce != int.MaxValue ? asked : Math.Min(all.Length, atOnce),
        parsed.GetValue(newTokens) ?? sampled, domain);

    private Prompt[]? OfText(ParseResult parsed, string[] texts, TransformerConfig config, InputFaults faults, out ImmutableArray<string> domains)
    {
        domains = [];
        var most = Math.Min(config.MaxPositions, Job.MostTokens);
        var (each, wanted) = (parsed.GetValue(length) ?? Math.Min(DefaultLength, most), parsed.GetValue(sequences));
        if (!faults.Require(each >= 1 && each <= most, "--length", each, $"1 to {most}, the positions of {config.Name}")
            | !faults.Require(wanted is >= 1 and <= Job.MostTokens, "--sequences", wanted, "1 to 16,777,216"))
            return null;
        if (faults.Try(() => Corpus.Read(texts, each)) is not { } corpus)
            return null;
        domains = [.. corpus.Domains.Select(domain => domain.Name)];
        var windows = corpus.HeldOut((wanted + domains.Length - 1) / domains.Length, each).ToArray();
        new SeedStream(parsed.GetValue(seed), "sequences").Shuffle<(byte Domain, ReadOnlyMemory<byte> Bytes)>(windows);
        return
        [
            .. windows.Take(wanted).Select(window => Of(
                parsed, [.. window.Bytes[..each].ToArray().Select(b => (int)b)], each / 2, 0, window.Domain)),
        ];
    }
}
