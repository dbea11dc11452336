namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>How well constants tell some rows.</summary>
/// <param name="Curve">The curve.</param>
/// <param name="What">Which rows.</param>
/// <param name="Rows">Their number.</param>
/// <param name="Error">Mean absolute percentage error, as a share.</param>
/// <param name="Limit">The most that it may be.</param>
public sealed record FidelityCheck(string Curve, string What, int Rows, double Error, double Limit)
{
    /// <summary>Whether it is at most the limit.</summary>
    public bool Holds => Error <= Limit;
}
