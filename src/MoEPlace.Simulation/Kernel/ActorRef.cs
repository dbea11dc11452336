namespace MoEPlace.Simulation.Kernel;

/// <summary>The address of an actor: the order in which it was made, from 0. It breaks ties between messages of one instant.</summary>
/// <param name="Id">0 or more.</param>
public readonly record struct ActorRef(int Id)
{
    /// <summary>Nobody: the sender of messages that a model starts with.</summary>
    public static ActorRef Nobody => new(-1);
}
