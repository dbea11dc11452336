using System.Collections.Immutable;
using System.Globalization;

namespace MoEPlace.Cli;

/// <summary>A job that samples in lockstep: as many sequences as the batch, each begun by some text; every step runs one token of each.</summary>
/// <param name="Checkpoint">The model's folder.</param>
/// <param name="Texts">Files and folders of text.</param>
/// <param name="Batch">Sequences.</param>
/// <param name="Steps">Steps that count, after <see cref="WarmUp"/> others.</param>
/// <param name="Seed">Which sequences of the text run, and what is sampled after them.</param>
internal sealed record RealityJob(string Checkpoint, ImmutableArray<string> Texts, int Batch, int Steps, int Seed = 1)
{
    /// <summary>Tokens of each sequence that run at once, before any decode.</summary>
    internal const int Prompt = 16;

    /// <summary>Steps that do not count.</summary>
    internal const int WarmUp = 16;

    /// <summary>Tokens of each sequence that run.</summary>
    internal int Length => Prompt + WarmUp + Steps;

    /// <summary>The verb <c>run</c> with this job.</summary>
    internal ImmutableArray<string> Arguments =>
    [
        "run", Checkpoint, "--text", .. Texts, "--sequences", Text(Batch), "--batch", Text(Batch), "--length", Text(Prompt),
        "--prefill", Text(Prompt), "--prefill-tokens", Text(Batch * Prompt), "--new-tokens", Text(WarmUp + Steps + 1),
        "--temperature", "1", "--seed",
        Text(Seed), "--device", "cpu", "--json",
    ];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
