namespace MoEPlace.Simulation.Kernel;

/// <summary>How an actor is made.</summary>
/// <param name="Name">For people; it names the actor in faults and recordings.</param>
/// <param name="Make">Makes the actor; called once.</param>
/// <param name="Partition">Actors of one partition run one after the other; 0 or more.</param>
public sealed record Props(string Name, Func<Actor> Make, int Partition = 0);
