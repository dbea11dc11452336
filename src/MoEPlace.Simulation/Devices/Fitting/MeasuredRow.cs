namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>One measurement, and what constants say to it.</summary>
/// <param name="Seconds">Measured; above 0.</param>
public abstract record MeasuredRow(double Seconds)
{
    /// <summary>Its size, along which rows are halved: tokens of a rank, or bytes.</summary>
    public abstract double Size { get; }

    /// <summary>Seconds that constants predict.</summary>
    /// <param name="constants">The constants.</param>
    /// <param name="machine">One node of the machine that was measured; the row knows how many there were.</param>
    public abstract double Predict(DeviceConstants constants, Cluster machine);
}
