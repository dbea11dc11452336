using System.Collections.Immutable;

namespace MoEPlace.Cli;

/// <summary>What <c>reality</c> measures.</summary>
/// <param name="Checkpoint">The model's folder.</param>
/// <param name="Texts">Files and folders of text that runs.</param>
/// <param name="LinkMegabits">Speeds of the link between nodes, Mbit/s.</param>
/// <param name="Batches">Tokens of a step.</param>
/// <param name="Steps">Steps of every setting.</param>
/// <param name="Positions">Tokens that a sequence of the model may have.</param>
/// <param name="Folder">Where everything is written.</param>
internal sealed record RealityOptions(
    string Checkpoint, ImmutableArray<string> Texts, ImmutableArray<double> LinkMegabits, ImmutableArray<int> Batches, int Steps, int Positions,
    string Folder)
{
    /// <summary>Nodes, where this machine makes them.</summary>
    internal const int Nodes = 2;

    /// <summary>Ranks over all nodes.</summary>
    internal const int Ranks = 4;

    /// <summary>The job of a batch, of which every run counts half of the steps.</summary>
    internal RealityJob Job(int batch) => new(Checkpoint, Texts, batch, (Steps + 1) / 2);

    /// <summary>A job of other sequences, to place experts by.</summary>
    internal RealityJob Recorded() => Job(Batches.Max()) with { Steps = Steps, Seed = 2 };

    /// <summary>A file in the folder.</summary>
    internal string File(FormattableString name) => Path.Combine(Folder, FormattableString.Invariant(name));
}
