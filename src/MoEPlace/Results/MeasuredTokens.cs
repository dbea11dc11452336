namespace MoEPlace.Results;

/// <summary>A phase at a number of tokens.</summary>
/// <param name="Tokens">On every rank.</param>
/// <param name="ContextTokens">Cached tokens of each; 0 where they play no part.</param>
/// <param name="Time">What it took.</param>
public sealed record MeasuredTokens(int Tokens, int ContextTokens, MeasuredTime Time);
