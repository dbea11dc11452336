using System.Collections.Immutable;
using MoEPlace.Simulation.Network;
using MoEPlace.Traces;

namespace MoEPlace.Simulation.Work;

/// <summary>What every rank computes and sends in one step, or in one part of it, layer by layer.</summary>
public sealed class StepWork
{
    private readonly int[] resident;
    private readonly int[] expertTokens;
    private readonly int[] slotStart;
    private readonly ImmutableArray<ExchangeTraffic>[] dispatch;
    private readonly ImmutableArray<ExchangeTraffic>[] combine;

    /// <summary>Takes counts as they are; the arrays are kept, not copied.</summary>
    /// <param name="ranks">Ranks.</param>
    /// <param name="resident">[layers + 1, ranks] tokens at each rank before each layer and after the last.</param>
    /// <param name="slotStart">[layers * ranks + 1] the first slot of each rank of each layer in <paramref name="expertTokens"/>.</param>
    /// <param name="expertTokens">[slots] tokens that each computes.</param>
    /// <param name="dispatch">[layers] phases to the experts, in order.</param>
    /// <param name="combine">[layers] phases back, in order.</param>
    internal StepWork(
        int ranks,
        int[] resident,
        int[] slotStart,
        int[] expertTokens,
        ImmutableArray<ExchangeTraffic>[] dispatch,
        ImmutableArray<ExchangeTraffic>[] combine)
    {
        (Ranks, Layers) = (ranks, dispatch.Length);
        (this.resident, this.slotStart, this.expertTokens) = (resident, slotStart, expertTokens);
        (this.dispatch, this.combine) = (dispatch, combine);
        foreach (var tokens in ResidentTokens(0))
            Tokens += tokens;
    }

    /// <summary>Tokens over all ranks.</summary>
    public int Tokens { get; }

    /// <summary>Number of MoE layers.</summary>
    public int Layers { get; }

    /// <summary>Number of ranks.</summary>
    public int Ranks { get; }

    /// <summary>Rows that the tokens of steps are taken from, 1 or more.</summary>
    public long RowsAvailable { get; internal init; } = 1;

    /// <summary>Whether the step has more tokens than there are rows, so that rows come again.</summary>
    public bool Repeated { get; internal init; }

    /// <summary>(token, expert) pairs that the gate chose, dropped ones included.</summary>
    public long Pairs { get; internal init; }

    /// <summary>Of these, those that found no room under a capacity factor.</summary>
    public long DroppedPairs { get; internal init; }

    /// <summary>Residency coherent: the all-gather of new keys and values, once a step; null otherwise.</summary>
    public ExchangeTraffic? Context { get; internal init; }

    /// <summary>[ranks] tokens whose hidden state is at each rank.</summary>
    /// <param name="position">0 to layers: before the MoE layer of that number; layers: after the last.</param>
    public ReadOnlySpan<int> ResidentTokens(int position) => resident.AsSpan(position * Ranks, Ranks);

    /// <summary>Tokens that each slot of a rank computes, in slot order; with a capacity factor full room.</summary>
    public ReadOnlySpan<int> ExpertTokens(LayerId layer, RankId rank)
    {
        var i = layer.Value * Ranks + rank.Value;
        return expertTokens.AsSpan(slotStart[i]..slotStart[i + 1]);
    }

    /// <summary>Hidden states to the experts: one exchange, or two one after the other where it is hierarchical.</summary>
    public ImmutableArray<ExchangeTraffic> Dispatch(LayerId layer) => dispatch[layer.Value];

    /// <summary>Hidden states back: one exchange, or two one after the other where it is hierarchical.</summary>
    public ImmutableArray<ExchangeTraffic> Combine(LayerId layer) => combine[layer.Value];

    /// <summary>Counts the work of one part of one step; see the other overload, which finds the rows once for many steps.</summary>
    public static StepWork Count(
        TraceSlice routing, ExpertPlacement placement, Cluster cluster, WorkOptions options, int step, int part, int parts)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Count(new RoutedTokens(routing, options.Phase), placement, cluster, options, step, part, parts);
    }

    /// <summary>Counts the work of one part of one step.</summary>
    /// <param name="routing">Rows of the phase of <paramref name="options"/>.</param>
    /// <param name="placement">Which experts stand where.</param>
    /// <param name="cluster">Nodes and ranks.</param>
    /// <param name="options">Tokens and how they travel.</param>
    /// <param name="step">Number of the step, 0 or more: each takes other rows.</param>
    /// <param name="part">Which part of it, 0 to <paramref name="parts"/> - 1: an even cut of each rank's own tokens.</param>
    /// <param name="parts">1 or more.</param>
    /// <exception cref="InputException">Something does not fit; every fault is told.</exception>
    public static StepWork Count(
        RoutedTokens routing, ExpertPlacement placement, Cluster cluster, WorkOptions options, int step, int part, int parts)
    {
        ArgumentNullException.ThrowIfNull(routing);
        ArgumentNullException.ThrowIfNull(placement);
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(part);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(part, parts);
        return new StepCount(routing, placement, cluster, options).Run(step, part, parts);
    }
}
