using System.Collections.Immutable;

namespace MoEPlace;

/// <summary>A Mixture-of-Experts model, as far as a placement needs to know it.</summary>
/// <param name="Name">A name for people, for example <c>gpt-oss-20b</c>.</param>
/// <param name="HiddenLayers">All transformer layers, dense ones included; 1 or more.</param>
/// <param name="MoeLayerIds">
/// The model layer id of each MoE layer, rising, each below <paramref name="HiddenLayers"/>; its length is the number of layers.
/// </param>
/// <param name="Experts">Logical experts per layer, 1 to 65,534.</param>
/// <param name="TopK">Experts that a token is sent to in each layer, 1 to <paramref name="Experts"/>.</param>
/// <param name="Dimensions">The sizes of its weights; null when unknown, and then whatever is told in bytes or seconds is unknown too.</param>
public sealed record MoEModel(
    string Name,
    int HiddenLayers,
    ImmutableArray<int> MoeLayerIds,
    int Experts,
    int TopK,
    ModelDimensions? Dimensions = null)
{
    /// <summary>The most experts that a trace file can name: all-ones stands for no expert.</summary>
    public const int MostExperts = ushort.MaxValue - 1;

    /// <summary>Number of MoE layers.</summary>
    public int Layers => MoeLayerIds.Length;

    /// <summary>Notes everything that is wrong with this model.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="prefix">The key path of the model in its file, for example <c>model.</c>; empty at the root.</param>
    public void Check(InputFaults faults, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(HiddenLayers is >= 1 and <= 10_000, prefix + "hiddenLayers", HiddenLayers, "1 to 10,000");
        faults.Require(Experts is >= 1 and <= MostExperts, prefix + "experts", Experts, $"1 to {MostExperts}");
        faults.Require(TopK >= 1 && TopK <= Experts, prefix + "topK", TopK, $"1 to experts ({Experts})");
        CheckLayerIds(MoeLayerIds, HiddenLayers, faults, prefix + "moeLayerIds");
        Dimensions?.Check(faults, prefix + "dimensions.");
    }

    /// <summary>Notes whatever keeps <paramref name="ids"/> from being the model layer ids of a model's MoE layers.</summary>
    internal static void CheckLayerIds(ImmutableArray<int> ids, int hiddenLayers, InputFaults faults, string field)
    {
        if (!faults.Require(!ids.IsDefaultOrEmpty, field, "[]", "at least one layer"))
            return;
        for (var i = 0; i < ids.Length; i++)
        {
            var least = i == 0 ? 0 : ids[i - 1] + 1;
            if (ids[i] < least || ids[i] >= hiddenLayers)
            {
                faults.Add($"{field}[{i}]", ids[i], $"rising, {least} to {hiddenLayers - 1} (hiddenLayers - 1)");
                return;
            }
        }
    }

    /// <summary>Equal when all members are, layer ids one by one.</summary>
    public bool Equals(MoEModel? other) =>
        other is not null && Name == other.Name && HiddenLayers == other.HiddenLayers && Experts == other.Experts && TopK == other.TopK
        && MoeLayerIds.AsSpan().SequenceEqual(other.MoeLayerIds.AsSpan()) && Dimensions == other.Dimensions;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, HiddenLayers, Experts, TopK, MoeLayerIds.Length, Dimensions);
}
