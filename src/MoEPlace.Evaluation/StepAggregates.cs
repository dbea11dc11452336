namespace MoEPlace.Evaluation;

/// <summary>
/// What some tokens come to under a placement, per layer and rank: all that <see cref="StepModel"/> needs to know of routing. The
/// evaluator counts it; an optimizer may fill in its own.
/// </summary>
/// <param name="layers">Number of MoE layers.</param>
/// <param name="ranks">Number of ranks.</param>
public sealed class StepAggregates(int layers, int ranks)
{
    /// <summary>Number of MoE layers.</summary>
    public int Layers { get; } = layers;

    /// <summary>Number of ranks.</summary>
    public int Ranks { get; } = ranks;

    /// <summary>Tokens that were counted, above 0; the model scales from these to the tokens of a step.</summary>
    public double Tokens { get; set; }

    /// <summary>[layers, ranks] (token, expert) pairs.</summary>
    public double[] ExpertPairs { get; } = new double[layers * ranks];

    /// <summary>[layers, ranks] experts that one step is expected to read (<see cref="StepModel.ActivatedShare"/> summed).</summary>
    public double[] ActivatedExperts { get; } = new double[layers * ranks];

    /// <summary>Hidden states on their way to the experts.</summary>
    public ExchangeCopies Dispatch { get; } = new(layers, ranks);

    /// <summary>Hidden states on their way back.</summary>
    public ExchangeCopies Combine { get; } = new(layers, ranks);

    /// <summary>[layers + 1, ranks] tokens that are at a rank before each MoE layer, and after the last.</summary>
    public double[] ResidentTokens { get; } = new double[(layers + 1) * ranks];
}
