using System.Globalization;

namespace MoEPlace.Service.Decisions;

/// <summary>Figures as the reasons of a decision tell them.</summary>
internal static class InWords
{
    /// <summary>A time with a unit that suits it.</summary>
    internal static string Seconds(double seconds) => Math.Abs(seconds) switch
    {
        >= 1 => Round(seconds, "s"),
        >= 1e-3 => Round(seconds * 1e3, "ms"),
        _ => Round(seconds * 1e6, "us"),
    };

    /// <summary>Bytes in decimal units.</summary>
    internal static string Bytes(long bytes) => bytes switch
    {
        >= 1_000_000_000 => Round(bytes / 1e9, "GB"),
        >= 1_000_000 => Round(bytes / 1e6, "MB"),
        >= 1_000 => Round(bytes / 1e3, "kB"),
        _ => $"{bytes} bytes",
    };

    /// <summary>A share in percent.</summary>
    internal static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0#} %");

    /// <summary>A plain figure.</summary>
    internal static string Figure(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.###}");

    /// <summary>A whole number, thousands apart.</summary>
    internal static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Round(double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{value:0.###} {unit}");
}
