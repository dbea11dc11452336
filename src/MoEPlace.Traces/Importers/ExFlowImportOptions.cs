namespace MoEPlace.Traces.Importers;

/// <summary>A trace of ExFlow: npy of whole numbers [tokens, MoE layers], the top-1 expert of each; layers by MoE ordinal.</summary>
/// <param name="Trace">The npy file.</param>
/// <param name="Output">The trace to write.</param>
public sealed record ExFlowImportOptions(string Trace, string Output) : ImportOptions(Output)
{
    /// <summary>JSON list of sequence lengths, adding up to the tokens; null: each token counts as a sequence of its own.</summary>
    public string? Lengths { get; init; }
}
