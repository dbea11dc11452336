using System.Collections.Immutable;

namespace MoEPlace.Traces.Importers;

/// <summary>Checks the experts of tokens as they are read: each id in range, none twice in one token's choice of one layer.</summary>
/// <param name="layerIds">How faults number the layers of a token.</param>
/// <param name="topK">Choices of a layer.</param>
/// <param name="experts">Logical experts; 0 when unknown.</param>
internal sealed class ChoiceCheck(ImmutableArray<int> layerIds, int topK, int experts)
{
    private readonly long[] lastSeen = new long[MoEModel.MostExperts];
    private readonly int limit = experts == 0 ? MoEModel.MostExperts : experts;
    private long cell;

    /// <summary>The largest id so far; -1 before the first.</summary>
    internal int Largest { get; private set; } = -1;

    /// <summary>Checks and narrows some tokens.</summary>
    /// <param name="ids">[tokens, layers, topK]; -1 is no expert.</param>
    /// <param name="destination">As many; <see cref="RoutingTrace.NoExpert"/> for none.</param>
    /// <param name="firstToken">Number of the first token in faults.</param>
    /// <param name="faults">Where the first fault is noted.</param>
    /// <param name="field">What the ids are called in faults.</param>
    /// <returns>False when a fault was noted; the rest is then not looked at.</returns>
    internal bool Take(ReadOnlySpan<long> ids, Span<ushort> destination, long firstToken, InputFaults faults, string field)
    {
        for (var first = 0; first < ids.Length; first += topK)
        {
            cell++;
            for (var j = 0; j < topK; j++)
            {
                var id = ids[first + j];
                if (id == -1)
                {
                    destination[first + j] = RoutingTrace.NoExpert;
                    continue;
                }
                if ((ulong)id >= (ulong)limit)
                {
                    faults.Add(Place(first + j), id, $"0 to {limit - 1} (experts - 1), or -1 for no expert");
                    return false;
                }
                if (lastSeen[id] == cell)
                {
                    faults.Add(Place(first + j), id, "an expert at most once in a token's choice; a row of equal ids is a layer that is dense or was not recorded (--moe-layers)");
                    return false;
                }
                lastSeen[id] = cell;
                Largest = Math.Max(Largest, (int)id);
                destination[first + j] = (ushort)id;
            }
        }
        return true;

        string Place(int at)
        {
            var width = layerIds.Length * topK;
            return $"{field}[{firstToken + at / width}, {layerIds[at % width / topK]}, {at % topK}]";
        }
    }
}
