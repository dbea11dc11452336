using System.Collections.Immutable;

namespace MoEPlace.Traces.Importers;

/// <summary>
/// Picks the MoE layers out of rows that hold all hidden layers. A dense layer was never written, so it must be zero everywhere; an
/// MoE layer that is zero everywhere is one that is dense in truth.
/// </summary>
/// <param name="hiddenLayers">Layers of a row.</param>
/// <param name="moeLayerIds">Those that are picked.</param>
/// <param name="dense">Those that must be zero; a layer that is in neither list is passed over.</param>
/// <param name="topK">Choices of a layer.</param>
internal sealed class HiddenLayerRows(int hiddenLayers, ImmutableArray<int> moeLayerIds, ImmutableArray<int> dense, int topK)
{
    private const int TokensThatTell = 32;
    private readonly bool[] used = new bool[moeLayerIds.Length];
    private long tokens;

    /// <summary>Picks.</summary>
    /// <param name="rows">[tokens, hidden layers, topK].</param>
    /// <param name="destination">[tokens, MoE layers, topK].</param>
    /// <param name="firstToken">Number of the first token in faults.</param>
    /// <param name="faults">Where the first fault is noted.</param>
    /// <param name="field">What the rows are called in faults.</param>
    /// <returns>False when a fault was noted.</returns>
    internal bool Take(ReadOnlySpan<long> rows, Span<long> destination, long firstToken, InputFaults faults, string field)
    {
        var (width, picked) = (hiddenLayers * topK, moeLayerIds.Length * topK);
        for (var t = 0; t < rows.Length / width; t++)
        {
            var row = rows.Slice(t * width, width);
            for (var i = 0; i < moeLayerIds.Length; i++)
            {
                var ids = row.Slice(moeLayerIds[i] * topK, topK);
                ids.CopyTo(destination.Slice(t * picked + i * topK, topK));
                used[i] |= ids.ContainsAnyExcept(0);
            }
            foreach (var layer in dense)
            {
                var at = row.Slice(layer * topK, topK).IndexOfAnyExcept(0);
                if (at < 0)
                    continue;
                faults.Add(
                    $"{field}[{firstToken + t}, {layer}, {at}]", row[layer * topK + at],
                    $"0: layer {layer} is dense by --model or --moe-layers, yet experts were recorded there");
                return false;
            }
        }
        tokens += rows.Length / width;
        return true;
    }

    /// <summary>Notes MoE layers that were zero in all tokens, once there are enough tokens to tell.</summary>
    internal void CheckUsed(InputFaults faults, string field, int experts)
    {
        for (var i = 0; i < used.Length && tokens >= TokensThatTell && experts != 1; i++)
            faults.Require(
                used[i], $"{field}[:, {moeLayerIds[i]}]", "0 in all tokens",
                "a layer that was recorded: is it dense? (--model or --moe-layers)");
    }
}
