using MoEPlace.Traces;

namespace MoEPlace.Simulation.Tests.Work;

/// <summary>A small random trace in a file of its own, with experts in contiguous groups on ranks.</summary>
internal sealed class TinyTrace : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), $"moeplace-tiny-{Guid.NewGuid():N}.safetensors");

    private TinyTrace(MoEModel model, Cluster cluster, TraceRows rows, ChoiceOrder order)
    {
        var columns = (rows.Home is null ? 0 : TraceColumns.Home) | (rows.Phase is null ? 0 : TraceColumns.Phase)
            | (rows.Step is null ? 0 : TraceColumns.Step);
        var header = new TraceHeader(model, TraceOrigin.Synthetic, "test", "", order, []);
        using (var writer = new RoutingTraceWriter(path, header, rows.Count, columns))
        {
            writer.Append(rows);
            writer.Complete();
        }
        Trace = RoutingTrace.Open(path);
        Placement = ExpertPlacement.FromRanks(
            model, cluster,
            [.. Enumerable.Range(0, model.Layers * model.Experts).Select(i => i % model.Experts * cluster.Ranks / model.Experts)],
            WorkCase.NoProvenance);
    }

    internal RoutingTrace Trace { get; }

    internal ExpertPlacement Placement { get; }

    internal TraceSlice Slice => new(Trace, TraceSplit.All);

    internal static Cluster Cluster(int nodes, int ranksPerNode) => new(
        MoEPlace.Cluster.FormatName, "test", nodes, ranksPerNode, new Device("test", 1e9, 1_000_000, 1e9, 0, ""), new Link(1e9, 0, ""),
        new Link(0.25e9, 0, ""));

    /// <summary>Every token chooses distinct random experts; optional columns by row.</summary>
    internal static TinyTrace Of(
        MoEModel model,
        Cluster cluster,
        int tokens,
        long seed,
        Func<int, byte>? phase = null,
        Func<int, int>? step = null,
        Func<int, ushort>? home = null,
        ChoiceOrder order = ChoiceOrder.ByWeight)
    {
        var random = new SeedStream(seed, "tiny trace");
        var experts = Enumerable.Range(0, model.Experts).ToArray();
        var choices = new ushort[tokens * model.Layers * model.TopK];
        for (var cell = 0; cell < tokens * model.Layers; cell++)
        {
            random.Shuffle(experts.AsSpan());
            for (var j = 0; j < model.TopK; j++)
                choices[cell * model.TopK + j] = (ushort)experts[j];
        }
        var rows = new TraceRows(choices, new int[tokens], [.. Enumerable.Range(0, tokens)], null, Column(step), Column(home), Column(phase));
        return new TinyTrace(model, cluster, rows, order);

        T[]? Column<T>(Func<int, T>? cell) => cell is null ? null : [.. Enumerable.Range(0, tokens).Select(cell)];
    }

    public void Dispose()
    {
        Trace.Dispose();
        File.Delete(path);
    }
}
