using System.Collections.Immutable;

namespace MoEPlace.Traces.Importers;

/// <summary>
/// Expert popularity as Fiddler keeps it: JSON with <c>expert_popularity</c> [layers][experts] and <c>total_input_tokens</c>.
/// </summary>
/// <param name="Files">One window each, in this order.</param>
/// <param name="Output">The load file to write. <see cref="ImportOptions.Model"/> is <c>mixtral-8x7b</c> unless told otherwise.</param>
public sealed record PopularityImportOptions(ImmutableArray<string> Files, string Output) : ImportOptions(Output);
