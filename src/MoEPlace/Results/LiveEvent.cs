namespace MoEPlace.Results;

/// <summary>Something that happened to a job that was watched.</summary>
/// <param name="Seconds">Since the watching began.</param>
/// <param name="Kind">What kind, in a word.</param>
/// <param name="Text">What, for people.</param>
public sealed record LiveEvent(double Seconds, string Kind, string Text);
