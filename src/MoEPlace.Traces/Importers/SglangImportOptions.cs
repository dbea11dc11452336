using System.Collections.Immutable;

namespace MoEPlace.Traces.Importers;

/// <summary>
/// A recording of SGLang: <c>.pt</c> dumps of its expert distribution recorder (one of stat or stat_approx; one per rank of per_pass or
/// per_token), or JSON responses with base64 <c>routed_experts</c>. All hidden layers are recorded, so
/// <see cref="ImportOptions.Model"/> must be told; for per_token dumps <see cref="ImportOptions.MoeLayers"/> does too.
/// </summary>
/// <param name="Files">The dumps of all ranks, or responses: one, a list, or one per line (<c>.jsonl</c>).</param>
/// <param name="Output">The trace (per_token, responses) or load file (stat, stat_approx, per_pass) to write.</param>
public sealed record SglangImportOptions(ImmutableArray<string> Files, string Output) : ImportOptions(Output);
