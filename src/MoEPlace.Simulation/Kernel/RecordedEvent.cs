namespace MoEPlace.Simulation.Kernel;

/// <summary>A message as it was received.</summary>
/// <param name="Time">When.</param>
/// <param name="Priority">The lowest goes first.</param>
/// <param name="Source">Who told it; <see cref="ActorRef.Nobody"/> for what the model started with.</param>
/// <param name="Sequence">How many messages the source had told before, modulo 2^32.</param>
/// <param name="Target">Who received it.</param>
/// <param name="MessageType">The name of the message's type.</param>
public readonly record struct RecordedEvent(
    SimTime Time, int Priority, ActorRef Source, uint Sequence, ActorRef Target, string MessageType);
