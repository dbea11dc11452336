using System.Collections.Immutable;

namespace MoEPlace.Service.Client;

/// <summary>What the service answers when it does not do what it is asked: the body of every answer of 400 and above.</summary>
/// <param name="Message">Why, in words; never a secret, a path or a stack.</param>
/// <param name="Faults">Every fault of what was sent; null where it is not a matter of that.</param>
public sealed record Problem(string Message, ImmutableArray<InputFault>? Faults = null);
