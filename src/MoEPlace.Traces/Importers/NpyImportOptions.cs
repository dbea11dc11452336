namespace MoEPlace.Traces.Importers;

/// <summary>
/// A recording in npy files. At most one of <see cref="Lengths"/>, <see cref="Index"/> and <see cref="Sequences"/> tells the
/// sequences; without, each token counts as a sequence of its own. <see cref="ImportOptions.Model"/> may also be the
/// <c>trace.json</c> that stands beside such files.
/// </summary>
/// <param name="Ids">Whole numbers [tokens, MoE layers, top-k], logical expert ids; -1 is no expert.</param>
/// <param name="Output">The trace to write.</param>
public sealed record NpyImportOptions(string Ids, string Output) : ImportOptions(Output)
{
    /// <summary>Gate weights, floating point, in the shape of the ids; they decide the top-1 expert. Null: none.</summary>
    public string? Weights { get; init; }

    /// <summary>JSON list of sequence lengths, adding up to the tokens.</summary>
    public string? Lengths { get; init; }

    /// <summary>JSON list of <c>{dataset, category, n, offset}</c>, one per sequence, without gaps; data sets become domains.</summary>
    public string? Index { get; init; }

    /// <summary>npy of whole numbers [tokens], 0 or more: the sequence of each token.</summary>
    public string? Sequences { get; init; }

    /// <summary>
    /// npy of whole numbers [tokens], 0 to 255: the domain of each token. Named by <c>trace.json</c>, else <c>domain 0</c>, …
    /// </summary>
    public string? Domains { get; init; }
}
