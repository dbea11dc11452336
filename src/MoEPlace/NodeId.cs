using System.Globalization;

namespace MoEPlace;

/// <summary>The number of a group of ranks behind one fast fabric, 0 to nodes - 1.</summary>
/// <param name="Value">The number, 0 or more.</param>
public readonly record struct NodeId(int Value)
{
    /// <summary>The bare number.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
