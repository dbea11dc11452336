namespace MoEPlace.Evaluation;

/// <summary>
/// Hidden states that travel between ranks in one exchange of every layer, per port. A token is at one rank (its token side) and its
/// experts at others (the expert sides): a dispatch goes from the token side to the expert sides, a combine the other way.
/// </summary>
/// <param name="layers">Number of MoE layers.</param>
/// <param name="ranks">Number of ranks.</param>
public sealed class ExchangeCopies(int layers, int ranks)
{
    /// <summary>[layers, ranks] copies at the token side whose other end is on the same node.</summary>
    public double[] TokenSideIntraNode { get; } = new double[layers * ranks];

    /// <summary>[layers, ranks] copies at the token side whose other end is on another node.</summary>
    public double[] TokenSideInterNode { get; } = new double[layers * ranks];

    /// <summary>[layers, ranks] copies at the expert side whose other end is on the same node.</summary>
    public double[] ExpertSideIntraNode { get; } = new double[layers * ranks];

    /// <summary>[layers, ranks] copies at the expert side whose other end is on another node.</summary>
    public double[] ExpertSideInterNode { get; } = new double[layers * ranks];
}
