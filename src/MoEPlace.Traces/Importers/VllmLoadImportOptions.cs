namespace MoEPlace.Traces.Importers;

/// <summary>
/// Load statistics of vLLM's offline EPLB: JSON lines, of which those of <c>record_type</c> <c>eplb_load_stats</c> count. Rows are MoE
/// layers by ordinal. The format is that of an open pull request (vLLM 41141) and may still change.
/// </summary>
/// <param name="File">The JSON lines.</param>
/// <param name="Output">The load file to write. <see cref="ImportOptions.Model"/> must be told.</param>
public sealed record VllmLoadImportOptions(string File, string Output) : ImportOptions(Output);
