using System.Collections.Immutable;
using MoEPlace.Simulation.Streams;
using MoEPlace.Simulation.Work;

namespace MoEPlace.Simulation.Measures;

/// <summary>What steps compute and send, whatever time it takes.</summary>
internal sealed class WorkTotals(int ranks, ImmutableArray<int> lost)
{
    private readonly int[] present = [.. Enumerable.Range(0, ranks).Except(lost)];
    private double imbalance;
    private int cells;
    private long pairs, droppedPairs;

    /// <summary>Bytes between ranks of one node, over all steps.</summary>
    internal long IntraNodeBytes { get; private set; }

    /// <summary>Bytes between nodes, over all steps.</summary>
    internal long InterNodeBytes { get; private set; }

    /// <summary>
    /// Busiest rank over mean rank in (token, expert) pairs, mean over layers and steps; layers without pairs do not count.
    /// </summary>
    internal double Imbalance => cells == 0 ? 1 : imbalance / cells;

    /// <summary>Pairs that found no room over all pairs, of all steps; 0 where there are none.</summary>
    internal double DroppedFraction => pairs == 0 ? 0 : (double)droppedPairs / pairs;

    /// <summary>Adds one step.</summary>
    /// <param name="program">Its program.</param>
    /// <param name="parts">Its work.</param>
    internal void Add(StepProgram program, ImmutableArray<StepWork> parts)
    {
        pairs += parts.Sum(work => work.Pairs);
        droppedPairs += parts.Sum(work => work.DroppedPairs);
        foreach (var exchange in program.Exchanges)
        {
            foreach (var bytes in exchange.Traffic.IntraNodeOut)
                IntraNodeBytes += bytes;
            foreach (var bytes in exchange.Traffic.InterNodeOut)
                InterNodeBytes += bytes;
        }
        for (var layer = new LayerId(0); layer.Value < parts[0].Layers; layer = new LayerId(layer.Value + 1))
        {
            long most = 0, sum = 0;
            foreach (var rank in present)
            {
                long held = 0;
                foreach (var work in parts)
                    foreach (var tokens in work.ExpertTokens(layer, new RankId(rank)))
                        held += tokens;
                most = Math.Max(most, held);
                sum += held;
            }
            if (sum == 0)
                continue;
            imbalance += (double)most * present.Length / sum;
            cells++;
        }
    }
}
