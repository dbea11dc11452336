using System.Collections.Immutable;

namespace MoEPlace.Traces.Importers;

/// <summary>
/// Picks the MoE layers out of counts over all hidden layers; dense layers must be zero, MoE layers must not be zero in all windows.
/// </summary>
/// <param name="model">The model of the load file.</param>
/// <param name="dense">Layers that must be zero.</param>
internal sealed class CountRows(MoEModel model, ImmutableArray<int> dense)
{
    private readonly bool[] used = new bool[model.Layers];

    /// <summary>Picks.</summary>
    /// <param name="counts">[hidden layers, experts].</param>
    /// <param name="file">The file in faults.</param>
    /// <param name="field">What the counts are called in faults.</param>
    /// <returns>[layers, experts]; null when all are zero.</returns>
    /// <exception cref="InputException">A dense layer or a count is wrong.</exception>
    internal long[]? Take(ReadOnlySpan<long> counts, string file, string field)
    {
        var experts = model.Experts;
        var negative = counts.IndexOfAnyExceptInRange(0, int.MaxValue);
        if (negative >= 0)
            throw new InputException(
                file, $"{field}[{negative / experts}, {negative % experts}]", counts[negative], $"0 to {int.MaxValue}");
        foreach (var layer in dense)
        {
            var at = counts.Slice(layer * experts, experts).IndexOfAnyExcept(0);
            if (at >= 0)
                throw new InputException(
                    file, $"{field}[{layer}, {at}]", counts[layer * experts + at],
                    $"0: layer {layer} is dense by --model, yet tokens were counted there");
        }
        var picked = new long[model.Layers * experts];
        for (var i = 0; i < model.Layers; i++)
        {
            var row = counts.Slice(model.MoeLayerIds[i] * experts, experts);
            row.CopyTo(picked.AsSpan(i * experts));
            used[i] |= row.ContainsAnyExcept(0);
        }
        return picked.AsSpan().ContainsAnyExcept(0) ? picked : null;
    }

    /// <summary>Refuses layers that nothing was counted in.</summary>
    internal void CheckUsed(string file, string field)
    {
        var faults = new InputFaults(file);
        for (var i = 0; i < used.Length; i++)
            faults.Require(
                used[i], $"{field}[:, {model.MoeLayerIds[i]}]", "0 in all windows", "a layer that was recorded: is it dense? (--model)");
        faults.ThrowIfAny();
    }
}
