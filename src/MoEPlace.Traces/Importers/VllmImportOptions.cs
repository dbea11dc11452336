using System.Collections.Immutable;

namespace MoEPlace.Traces.Importers;

/// <summary>
/// What vLLM returns as <c>routed_experts</c> (--enable-return-routed-experts). <see cref="ImportOptions.Model"/> or
/// <see cref="ImportOptions.MoeLayers"/> must be told: all hidden layers are recorded, dense ones as zeros.
/// </summary>
/// <param name="Files">npy arrays [tokens, hidden layers, top-k], one per request; or JSON responses, one, a list, or one per line
/// (<c>.jsonl</c>). In the order of the sequences.</param>
/// <param name="Output">The trace to write.</param>
public sealed record VllmImportOptions(ImmutableArray<string> Files, string Output) : ImportOptions(Output);
