namespace MoEPlace.Simulation.Streams;

/// <summary>What an operation does.</summary>
public enum OperationKind
{
    /// <summary>It computes for a time that the program tells for each rank.</summary>
    Kernel,

    /// <summary>All ranks exchange bytes through the network: it begins when the last rank has come to it.</summary>
    Exchange,

    /// <summary>A rank moves bytes between its memories.</summary>
    Transfer,
}
