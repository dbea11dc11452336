using System.Globalization;

namespace MoEPlace;

/// <summary>The number of a logical expert of one layer, 0 to experts - 1.</summary>
/// <param name="Value">The number, 0 or more.</param>
public readonly record struct ExpertId(int Value)
{
    /// <summary>The bare number.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
