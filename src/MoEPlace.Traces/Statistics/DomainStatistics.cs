namespace MoEPlace.Traces.Statistics;

/// <summary>The part of a trace that belongs to one domain.</summary>
/// <param name="Domain">Its number in the trace.</param>
/// <param name="Name">Its name; <c>domain N</c> where the trace has none for it.</param>
/// <param name="Tokens">Its tokens.</param>
public sealed record DomainStatistics(int Domain, string Name, long Tokens);
