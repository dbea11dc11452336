using MoEPlace.Evaluation;
using MoEPlace.Traces;

namespace MoEPlace.Simulation.Work;

/// <summary>
/// The rows of a slice that the steps of one phase take their tokens from: those that the trace records as of that phase, all rows where
/// it records none.
/// </summary>
/// <remarks>
/// Prefill, and decode of a trace that records steps, take consecutive rows: step s of T tokens has the rows s T to s T + T - 1. Other
/// decode takes one row in every n / T of the n rows, each the next token of another part of the recording, and step s the rows s
/// further on. Beyond the last row it goes on at the first; where T is more than n, rows come again within a step.
///
/// A token lives on its recorded home. Without one, or where that rank is lost, tokens are dealt evenly over the ranks that are left: in
/// decode number i of the step to rank i mod ranks, in prefill to every rank as many consecutive rows as to another, give or take one, as
/// a server fills its batches with chunks of prompts. A part of a step is an even cut of each rank's own tokens in the order of their
/// numbers; replicas are chosen by the number in the step, so that parts add up to the step.
/// </remarks>
public sealed class RoutedTokens
{
    private readonly long[] rows;
    private readonly bool consecutive;

    /// <summary>Finds the rows of a phase.</summary>
    /// <param name="slice">The tokens.</param>
    /// <param name="phase">What they are taken for.</param>
    public RoutedTokens(TraceSlice slice, ServingPhase phase)
    {
        ArgumentNullException.ThrowIfNull(slice);
        (Slice, Phase) = (slice, phase);
        consecutive = phase == ServingPhase.Prefill || slice.Trace.Columns.HasFlag(TraceColumns.Step);
        rows = RowsOf(slice, phase == ServingPhase.Decode ? (byte)1 : (byte)0);
    }

    /// <summary>The slice.</summary>
    public TraceSlice Slice { get; }

    /// <summary>What the tokens are taken for.</summary>
    public ServingPhase Phase { get; }

    /// <summary>Rows, 1 or more.</summary>
    public long Count => rows.Length;

    /// <summary>The row in the file of a token of a step.</summary>
    /// <param name="step">0 or more.</param>
    /// <param name="number">The number of the token in the step, 0 to <paramref name="tokens"/> - 1.</param>
    /// <param name="tokens">Tokens of every step, 1 or more.</param>
    public long RowOf(int step, int number, int tokens)
    {
        long count = rows.Length;
        var index = consecutive || tokens > count ? (long)step * tokens + number : number * count / tokens + step;
        return rows[index % count];
    }

    /// <summary>What is wrong with a recorded home that is no rank of the cluster.</summary>
    internal static InputException Homeless(string trace, long row, int home, int ranks) => new(
        trace, $"home[{row}]", home,
        $"0 to {ranks - 1}, the ranks of the cluster; try the cluster of the recording, or routing with \"recordedHomes\": false");

    private static long[] RowsOf(TraceSlice slice, byte phase)
    {
        var all = new long[slice.Tokens];
        int found = 0, ofPhase = 0;
        foreach (var (row, count) in slice.Runs())
            for (var i = 0; i < count; i++)
                all[found++] = row + i;
        if (!slice.Trace.Columns.HasFlag(TraceColumns.Phase))
            return all;
        var kept = new long[all.Length];
        foreach (var row in all)
            if (slice.Trace.Phase(row, 1)[0] == phase)
                kept[ofPhase++] = row;
        return ofPhase == 0 ? all : kept[..ofPhase];
    }
}
