using System.Collections.Immutable;

namespace MoEPlace;

/// <summary>How a placement came to be, so that it can be made again.</summary>
/// <param name="Policy">The policy, or the engine that it was imported from.</param>
/// <param name="TraceDigest">SHA-256 of the trace that it was solved on, in hexadecimal; empty when it needed none.</param>
/// <param name="Options">The options that decide the result, by name, in ordinal order.</param>
/// <param name="Seed">The seed; 0 when none was used.</param>
/// <param name="Version">The version of MoEPlace.</param>
public sealed record PlacementProvenance(
    string Policy,
    string TraceDigest,
    ImmutableSortedDictionary<string, string> Options,
    long Seed,
    string Version);
