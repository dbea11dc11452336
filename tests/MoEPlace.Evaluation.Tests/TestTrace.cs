using MoEPlace.Traces;

namespace MoEPlace.Evaluation.Tests;

/// <summary>A trace in a file of its own, with the arrays that it was made of.</summary>
internal sealed class TestTrace : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), $"moeplace-evaluation-{Guid.NewGuid():N}.safetensors");

    internal TestTrace(MoEModel model, TraceRows rows, ChoiceOrder order = ChoiceOrder.ByWeight)
    {
        (Model, Rows, Order) = (model, rows, order);
        var columns = (rows.GateWeights is null ? 0 : TraceColumns.GateWeights) | (rows.Home is null ? 0 : TraceColumns.Home)
            | (rows.Phase is null ? 0 : TraceColumns.Phase);
        var header = new TraceHeader(model, TraceOrigin.Synthetic, "test", "", order, []);
        using (var writer = new RoutingTraceWriter(path, header, rows.Count, columns))
        {
            writer.Append(rows);
            writer.Complete();
        }
        Trace = RoutingTrace.Open(path);
    }

    internal MoEModel Model { get; }

    internal TraceRows Rows { get; }

    internal ChoiceOrder Order { get; }

    internal RoutingTrace Trace { get; }

    internal TraceSlice Slice(TraceSplit split = TraceSplit.All) => new(Trace, split);

    /// <summary>One token per row of choices, each in a sequence of its own, in the layout [token][layer][choice].</summary>
    internal static TestTrace Of(MoEModel model, params int[][][] tokens) => new(
        model,
        new TraceRows(
            [.. tokens.SelectMany(t => t).SelectMany(l => l).Select(e => e < 0 ? RoutingTrace.NoExpert : (ushort)e)],
            [.. Enumerable.Range(0, tokens.Length)],
            new int[tokens.Length]));

    public void Dispose()
    {
        Trace.Dispose();
        File.Delete(path);
    }
}
