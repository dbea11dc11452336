namespace MoEPlace.Traces.Importers;

/// <summary>
/// What TensorRT-LLM's expert statistic writes: a folder with <c>meta_info.json</c> and one file per rank. Layers are model layer ids,
/// MoE layers only.
/// </summary>
/// <param name="Folder">The folder.</param>
/// <param name="Output">The load file, or with <see cref="Raw"/> the trace, to write.</param>
public sealed record TensorRtLlmImportOptions(string Folder, string Output) : ImportOptions(Output)
{
    /// <summary>False: counts of <c>rank*.safetensors</c>. True: chosen experts of <c>rank*_raw.safetensors</c>.</summary>
    public bool Raw { get; init; }
}
