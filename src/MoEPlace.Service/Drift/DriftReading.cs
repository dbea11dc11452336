namespace MoEPlace.Service.Drift;

/// <summary>How far the traffic of a job is from that which its placement was made for.</summary>
/// <param name="Load">How unlike the load of experts is, as a multiple of what raises an alarm: 1 or more is an alarm. The lesser of the latest two windows.</param>
/// <param name="Affinity">The same for which expert of a layer follows which of the layer before; 0 where only counts come.</param>
/// <param name="Alarm">Whether an alarm stands; it stands until the reference is taken anew.</param>
/// <param name="AlarmAt">Tokens after the reference was complete at which it was raised; null for none.</param>
/// <param name="ReferenceTokens">Tokens of the reference so far.</param>
/// <param name="Tokens">Tokens since it was complete.</param>
public sealed record DriftReading(double Load, double Affinity, bool Alarm, long? AlarmAt, long ReferenceTokens, long Tokens);
