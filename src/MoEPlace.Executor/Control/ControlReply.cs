using System.Collections.Immutable;
using MoEPlace.Executor.Applying;

namespace MoEPlace.Executor.Control;

/// <summary>One line from a control port: exactly one of its parts is not null.</summary>
/// <param name="Status">How the job stands; to an apply a line for every change, to anything else one line.</param>
/// <param name="Faults">What is wrong with the request; nothing has changed.</param>
/// <param name="Refused">Why the job does not take it now; nothing has changed.</param>
public sealed record ControlReply(ApplyStatus? Status = null, ImmutableArray<InputFault>? Faults = null, string? Refused = null);
