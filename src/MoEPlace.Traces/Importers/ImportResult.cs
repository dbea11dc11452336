using System.Collections.Immutable;

namespace MoEPlace.Traces.Importers;

/// <summary>What an import wrote.</summary>
/// <param name="Path">The file.</param>
/// <param name="Format"><see cref="TraceHeader.FormatName"/> or <see cref="LoadHeader.FormatName"/>.</param>
/// <param name="Model">The model that the file names.</param>
/// <param name="Tokens">Rows of a trace; 0 for a load file.</param>
/// <param name="Sequences">Distinct sequences of a trace; 0 for a load file.</param>
/// <param name="Windows">Windows of a load file; 0 for a trace.</param>
/// <param name="Columns">Optional columns of a trace.</param>
/// <param name="Domains">Names of the domains of a trace.</param>
/// <param name="Notes">What a person should know of how the file came to be: what was left out, derived or assumed.</param>
public sealed record ImportResult(
    string Path,
    string Format,
    MoEModel Model,
    long Tokens,
    long Sequences,
    long Windows,
    TraceColumns Columns,
    ImmutableArray<string> Domains,
    ImmutableArray<string> Notes);
