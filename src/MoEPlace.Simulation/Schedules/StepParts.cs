using System.Collections.Immutable;
using MoEPlace.Simulation.Network;
using MoEPlace.Simulation.Work;

namespace MoEPlace.Simulation.Schedules;

/// <summary>The work of a step, cut into micro-batches and these into the parts of the pipeline inside a layer.</summary>
/// <param name="MicroBatches">1 or more.</param>
/// <param name="Degree">Parts of a micro-batch, 1 or more.</param>
/// <param name="Works">[micro-batches x degree] parts of the step, those of a micro-batch side by side.</param>
internal sealed record StepParts(int MicroBatches, int Degree, ImmutableArray<StepWork> Works)
{
    /// <summary>The first part of a micro-batch.</summary>
    internal int First(int microBatch) => microBatch * Degree;

    /// <summary>The parts of a micro-batch.</summary>
    internal IEnumerable<int> Of(int microBatch) => Enumerable.Range(First(microBatch), Degree);

    /// <summary>[ranks] tokens of a micro-batch at each rank before an MoE layer, or after the last.</summary>
    internal int[] ResidentTokens(int microBatch, int position)
    {
        var tokens = Works[First(microBatch)].ResidentTokens(position).ToArray();
        foreach (var part in Of(microBatch).Skip(1))
        {
            var more = Works[part].ResidentTokens(position);
            for (var rank = 0; rank < tokens.Length; rank++)
                tokens[rank] += more[rank];
        }
        return tokens;
    }

    /// <summary>What is gathered of keys and values, once a step; null without.</summary>
    internal ExchangeTraffic? Context() =>
        Works[0].Context is null ? null : TrafficShapes.Sum([.. Works.Where(w => w.Context is not null).Select(w => w.Context!)]);
}
