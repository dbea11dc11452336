using System.Collections.Immutable;
using MoEPlace.Executor.Models;

namespace MoEPlace.Executor.Running;

/// <summary>What is to be run: sequences in the order in which they are admitted; the place in the list is the number of the sequence.</summary>
public sealed record Job
{
    /// <summary>The most ids of one sequence, and of one step.</summary>
    public const int MostTokens = 1 << 24;

    private const int MostBatch = 1 << 16;

    /// <summary>The sequences; at least one.</summary>
    public required ImmutableArray<Prompt> Prompts { get; init; }

    /// <summary>Sequences that run at the same time, over all ranks; 1 or more. Default: 16.</summary>
    public int Batch { get; init; } = 16;

    /// <summary>Tokens of one prefill step, over all ranks, unless a single prompt has more; 1 or more. Default: 4,096.</summary>
    public int PrefillTokens { get; init; } = 4096;

    /// <summary>The id after which a sequence that samples ends. Default: null, none.</summary>
    public int? EndId { get; init; }

    /// <summary>How hot ids are sampled; 0 takes the likeliest. Default: 0.</summary>
    public double Temperature { get; init; }

    /// <summary>Ids are sampled among the likeliest whose probabilities reach this. Default: 1, all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>The seed of what is sampled. Default: 1.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>
    /// [sequences] ids that an earlier life of the job sampled; they are given, and what follows them is sampled as if nothing had happened (in
    /// bfloat16 as rounding allows: sums round by which sequences share a step). Default: empty, none.
    /// </summary>
    public ImmutableArray<ImmutableArray<int>> Sampled { get; init; } = [];

    /// <summary>Whether every sequence samples, and nothing is left to sample.</summary>
    public bool IsComplete => Enumerable.Range(0, Prompts.Length).All(IsFinished);

    /// <summary>Tokens of the longest sequence: what a row of the key-value cache must hold.</summary>
    public int LongestSequence => Prompts.Max(prompt => prompt.MostTokens);

    /// <summary>Tokens that run at most; exactly so many without <see cref="EndId"/>.</summary>
    public long MostTokensInAll => Prompts.Select((prompt, s) => IsFinished(s) ? 0L : prompt.MostTokens).Sum();

    /// <summary>The ids that an earlier life sampled after a prompt.</summary>
    public ImmutableArray<int> SampledOf(int sequence) => Sampled.IsEmpty ? [] : Sampled[sequence];

    /// <summary>Whether an earlier life sampled all of a sequence that samples: it does not run again.</summary>
    public bool IsFinished(int sequence)
    {
        var (ids, most) = (SampledOf(sequence), Prompts[sequence].NewTokens);
        return most > 0 && (ids.Length == most || (ids.Length > 0 && ids[^1] == EndId));
    }

    /// <summary>Notes everything that keeps it from being run on a model.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="config">The model.</param>
    /// <param name="ranks">Ranks that shall run it.</param>
    public void Check(InputFaults faults, TransformerConfig config, int ranks)
    {
        ArgumentNullException.ThrowIfNull(faults);
        ArgumentNullException.ThrowIfNull(config);
        faults.Require(Prompts.Length >= 1, "prompts", Prompts.Length, "at least one");
        CheckConditions(faults, config, ranks);
        faults.Require(Sampled.IsEmpty || Sampled.Length == Prompts.Length, "sampled", Sampled.Length, $"{Prompts.Length}, as there are prompts");
        for (var i = 0; i < Prompts.Length; i++)
            Check(Prompts[i], FormattableString.Invariant($"prompts[{i}]"), faults, config);
        for (var i = 0; i < Sampled.Length && !faults.Any; i++)
        {
            faults.Require(
                Sampled[i].Length <= Prompts[i].NewTokens, FormattableString.Invariant($"sampled[{i}]"), Sampled[i].Length,
                $"0 to {Prompts[i].NewTokens} ids");
            CheckIds(Sampled[i], FormattableString.Invariant($"sampled[{i}]"), faults, config);
        }
    }

    /// <summary>Notes whatever is wrong with it apart from its prompts.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="config">The model.</param>
    /// <param name="ranks">Ranks that shall run it.</param>
    public void CheckConditions(InputFaults faults, TransformerConfig config, int ranks)
    {
        ArgumentNullException.ThrowIfNull(faults);
        ArgumentNullException.ThrowIfNull(config);
        faults.Require(Batch is >= 1 and <= MostBatch, "--batch", Batch, "1 to 65,536 sequences");
        faults.Require(PrefillTokens is >= 1 and <= MostTokens, "--prefill-tokens", PrefillTokens, "1 to 16,777,216");
        faults.Require(Temperature is >= 0 and <= 100, "--temperature", Temperature, "0 to 100");
        faults.Require(TopP is > 0 and <= 1, "--top-p", TopP, "above 0, at most 1");
        faults.Require(
            ranks == 1 || config.OtherGate is not { NeedsWholeBatch: true }, "--ranks", ranks,
            $"1: what the gate of {config.Name} picks for a token depends on all tokens of a step");
    }

    private static void Check(Prompt prompt, string name, InputFaults faults, TransformerConfig config)
    {
        var length = prompt.Ids.Length;
        faults.Require(length >= 1, $"{name}.ids", length, "at least one id");
        faults.Require(prompt.Prefill >= 0 && prompt.Prefill <= length, $"{name}.prefill", prompt.Prefill, $"0 to {length}, the ids of the prompt");
        faults.Require(prompt.NewTokens is >= 0 and <= MostTokens, $"{name}.newTokens", prompt.NewTokens, "0 to 16,777,216");
        faults.Require(
            prompt.MostTokens <= config.MaxPositions, $"{name}.tokens", prompt.MostTokens,
            $"at most {config.MaxPositions}, the positions of {config.Name}");
        CheckIds(prompt.Ids, $"{name}.ids", faults, config);
    }

    private static void CheckIds(ImmutableArray<int> ids, string name, InputFaults faults, TransformerConfig config)
    {
        foreach (var id in ids)
            if (!faults.Require(
                id >= 0 && id < config.VocabularySize, name, id, $"0 to {config.VocabularySize - 1}, the vocabulary of {config.Name}"))
                break;
    }
}
