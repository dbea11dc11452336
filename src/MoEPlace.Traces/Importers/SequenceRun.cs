namespace MoEPlace.Traces.Importers;

/// <summary>A sequence whose tokens stand one after another.</summary>
/// <param name="Tokens">How many, 1 or more.</param>
/// <param name="Domain">Number of its domain; 0 without.</param>
internal readonly record struct SequenceRun(long Tokens, byte Domain);
