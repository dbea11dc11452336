namespace MoEPlace.Service.State;

/// <summary>A time of leading: whoever writes shows it, and a later one shuts all earlier ones out.</summary>
/// <param name="Number">Rises by 1 with every change of the leader.</param>
/// <param name="Holder">Who leads.</param>
public sealed record Term(long Number, string Holder);
