namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>A constant that is fitted, on a logarithmic scale.</summary>
/// <param name="Start">Where the search starts.</param>
/// <param name="Least">Above 0.</param>
/// <param name="Most">At least <paramref name="Least"/>.</param>
/// <param name="Expected">What is expected of it beforehand, from a data sheet or a library's own table; null for nothing.</param>
/// <param name="Spread">By about which factor it may differ from that, as a natural logarithm.</param>
public sealed record FittedParameter(double Start, double Least, double Most, double? Expected = null, double Spread = 1);
