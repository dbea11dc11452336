using System.Globalization;

namespace MoEPlace;

/// <summary>The number of an MoE layer by its ordinal among the MoE layers (0 = the first MoE layer), not its index in the model.</summary>
/// <param name="Value">The number, 0 or more.</param>
public readonly record struct LayerId(int Value)
{
    /// <summary>The bare number.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
