using System.Globalization;

namespace MoEPlace.Reports;

/// <summary>A column: what people read above it, what the CSV calls it, how people read its values.</summary>
/// <param name="Title">With the unit.</param>
/// <param name="Key">The unit last.</param>
/// <param name="Show">Gives a value to people; it gets null for unknown.</param>
/// <param name="BestIsLowest">Marks the lowest value of the column where values differ.</param>
/// <param name="Hint">What it means, in a line.</param>
/// <param name="IsText">Stands to the left.</param>
internal sealed record TableColumn(string Title, string Key, Func<object?, string> Show, bool BestIsLowest = false, string Hint = "",
    bool IsText = false)
{
    internal static TableColumn Text(string title, string key) => new(title, key, v => v as string ?? Quantity.Unknown, IsText: true);

    internal static TableColumn Count(string title, string key) =>
        new(title, key, v => Quantity.Count(v is null ? null : Convert.ToInt64(v, CultureInfo.InvariantCulture)));

    internal static TableColumn Percent(string title, string key) => new(title, key, v => Quantity.Percent((double?)v));

    internal static TableColumn Ratio(string title, string key, int decimals = 2) =>
        new(title, key, v => Quantity.Ratio((double?)v, decimals));
}
