namespace MoEPlace.Results;

/// <summary>Grouped experts at a number of pairs.</summary>
/// <param name="Experts">Experts with tokens, on every rank.</param>
/// <param name="Pairs">(token, expert) pairs on every rank.</param>
/// <param name="Time">What they took.</param>
public sealed record MeasuredExperts(int Experts, int Pairs, MeasuredTime Time);
