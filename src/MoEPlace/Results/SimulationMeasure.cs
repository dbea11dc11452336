namespace MoEPlace.Results;

/// <summary>The names of what a simulation measures.</summary>
public static class SimulationMeasure
{
    /// <summary>Mean time of a step, seconds.</summary>
    public const string StepSeconds = "stepSeconds";

    /// <summary>The step's 95th percentile by nearest rank, seconds.</summary>
    public const string StepSecondsP95 = "stepSecondsP95";

    /// <summary>Tokens of a step over its time.</summary>
    public const string TokensPerSecond = "tokensPerSecond";

    /// <summary>Time of dispatch and combine and of what belongs to them, mean over ranks, seconds per step, waiting for other ranks left out.</summary>
    public const string ExchangeSeconds = "exchangeSeconds";

    /// <summary>Dispatch and combine alone, mean over ranks, seconds per step, exchanges that overlap counted each.</summary>
    public const string RoutingSeconds = "routingSeconds";

    /// <summary>The part of <see cref="ExchangeSeconds"/> that no computation runs beside.</summary>
    public const string ExposedExchangeSeconds = "exposedExchangeSeconds";

    /// <summary>Time that a rank waits for others to join an exchange, mean over ranks, seconds per step.</summary>
    public const string WaitSeconds = "waitSeconds";

    /// <summary>Time of the compute stream, mean over ranks, seconds per step.</summary>
    public const string ComputeSeconds = "computeSeconds";

    /// <summary>Time of the routed experts on the busiest rank, seconds per step.</summary>
    public const string ExpertSecondsMost = "expertSecondsMost";

    /// <summary>Bytes between ranks of one node, per step.</summary>
    public const string IntraNodeBytes = "intraNodeBytes";

    /// <summary>Bytes between nodes, per step.</summary>
    public const string InterNodeBytes = "interNodeBytes";

    /// <summary>Busiest rank over mean rank in (token, expert) pairs, mean over layers and steps.</summary>
    public const string Imbalance = "imbalance";

    /// <summary>Share of (token, expert) pairs that found no room, 0 to 1; 0 without a capacity factor.</summary>
    public const string DroppedFraction = "droppedFraction";

    /// <summary>All names, in the order in which they are told.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        StepSeconds, StepSecondsP95, TokensPerSecond, ExchangeSeconds, RoutingSeconds, ExposedExchangeSeconds, WaitSeconds, ComputeSeconds,
        ExpertSecondsMost, IntraNodeBytes, InterNodeBytes, Imbalance, DroppedFraction,
    ];
}
