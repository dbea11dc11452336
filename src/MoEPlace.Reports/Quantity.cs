using System.Globalization;

namespace MoEPlace.Reports;

/// <summary>Numbers as people read them: SI prefixes, percent, a no-break space before the unit. A null is "unknown".</summary>
internal static class Quantity
{
    internal const string Unknown = "unknown";
    private const char Space = '\u00A0';
    private static readonly (double Factor, string Prefix)[] Large = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    private static readonly (double Factor, string Prefix)[] Small = [(1, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n")];

    /// <summary>A share of 0 to 1 as percent.</summary>
    internal static string Percent(double? share, int decimals = 1) =>
        share is { } s ? Fixed(s * 100, decimals) + Space + "%" : Unknown;

    /// <summary>A ratio or a mean count: two decimals.</summary>
    internal static string Ratio(double? value, int decimals = 2) => value is { } v ? Fixed(v, decimals) : Unknown;

    /// <summary>A whole number with thousands separators.</summary>
    internal static string Count(long? value) => value is { } v ? v.ToString("N0", CultureInfo.InvariantCulture) : Unknown;

    /// <summary>Bytes with decimal prefixes: 1 kB = 1000 bytes.</summary>
    internal static string Bytes(double? bytes)
    {
        if (bytes is not { } b)
            return Unknown;
        foreach (var (factor, prefix) in Large)
            if (b >= factor * 0.9995)
                return ThreeDigits(b / factor) + Space + prefix + "B";
        return Fixed(b, 0) + Space + "B";
    }

    /// <summary>Seconds, down to nanoseconds; hours from the first.</summary>
    internal static string Seconds(double? seconds)
    {
        if (seconds is not { } s)
            return Unknown;
        if (s >= 3_600)
            return ThreeDigits(s / 3_600) + Space + "h";
        foreach (var (factor, prefix) in Small)
            if (s >= factor * 0.9995)
                return ThreeDigits(s / factor) + Space + prefix + "s";
        return s == 0 ? "0" + Space + "s" : ThreeDigits(s / 1e-9) + Space + "ns";
    }

    /// <summary>Any number: whole where it is or where it is large, else to four significant digits.</summary>
    internal static string General(double? value) => value switch
    {
        null => Unknown,
        { } v when Math.Abs(v) < 1e15 && (v == Math.Floor(v) || Math.Abs(v) >= 1e4) => v.ToString("N0", CultureInfo.InvariantCulture),
        { } v => v.ToString("G4", CultureInfo.InvariantCulture),
    };

    internal static string Fixed(double value, int decimals) => value.ToString("F" + decimals, CultureInfo.InvariantCulture);

    private static string ThreeDigits(double value) => value switch
    {
        >= 999.5 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 99.95 => Fixed(value, 0),
        >= 9.995 => Fixed(value, 1),
        _ => Fixed(value, 2),
    };
}
