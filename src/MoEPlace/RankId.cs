using System.Globalization;

namespace MoEPlace;

/// <summary>The number of one process on one device, 0 to ranks - 1; rank r stands on node r / ranksPerNode.</summary>
/// <param name="Value">The number, 0 or more.</param>
public readonly record struct RankId(int Value)
{
    /// <summary>The bare number.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
