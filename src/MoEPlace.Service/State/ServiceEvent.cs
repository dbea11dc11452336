using System.Text.Json;

namespace MoEPlace.Service.State;

/// <summary>Something that happened, on record.</summary>
/// <param name="Sequence">Rises with every event of the service, with gaps.</param>
/// <param name="At">When.</param>
/// <param name="Job">Which job; empty for the service itself.</param>
/// <param name="Kind">What kind: registered, removed, drift, decided, asked, moving, verifying, kept, returning, returned, refused, failed, told, leads.</param>
/// <param name="Text">What happened, in words, for people.</param>
/// <param name="Detail">The same for programs; null without.</param>
public sealed record ServiceEvent(long Sequence, DateTimeOffset At, string Job, string Kind, string Text, JsonElement? Detail = null);
