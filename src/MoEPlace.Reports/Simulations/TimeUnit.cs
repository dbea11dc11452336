namespace MoEPlace.Reports.Simulations;

/// <summary>The unit of an axis of time.</summary>
/// <param name="Name">h, s, ms, µs or ns.</param>
/// <param name="PerSecond">How many of it are in a second.</param>
internal sealed record TimeUnit(string Name, double PerSecond)
{
    private const double PicosecondsPerSecond = 1e12;

    /// <summary>The unit in which the longest time that is drawn reads best.</summary>
    internal static TimeUnit For(double mostSeconds) => mostSeconds switch
    {
        >= 3_600 => new("h", 1 / 3_600.0),
        >= 1 => new("s", 1),
        >= 1e-3 => new("ms", 1e3),
        >= 1e-6 => new("µs", 1e6),
        _ => new("ns", 1e9),
    };

    /// <summary>A time in this unit, rounded to a ten-thousandth, which is finer than any drawing.</summary>
    internal double Of(long picoseconds) => Math.Round(picoseconds / PicosecondsPerSecond * PerSecond, 4);

    /// <summary>Picoseconds as seconds.</summary>
    internal static double Seconds(long picoseconds) => picoseconds / PicosecondsPerSecond;
}
