namespace MoEPlace.Traces.Tests;

/// <summary>Writes small traces for tests.</summary>
internal static class SmallTrace
{
    internal static MoEModel Model { get; } = new("small", 5, [1, 3], 6, 2);

    internal static string Write(
        string path, int tokens, TraceColumns columns, int seed = 1, MoEModel? model = null, string[]? domains = null, TraceOrigin origin = TraceOrigin.Measured)
    {
        model ??= Model;
        var random = new SeedStream(seed, "small trace");
        var width = model.Layers * model.TopK;
        var header = new TraceHeader(model, origin, $"seed {seed}", "MIT", ChoiceOrder.ByWeight, domains is null ? [] : [.. domains]);
        using var writer = new RoutingTraceWriter(path, header, tokens, columns);
        T[]? Column<T>(TraceColumns flag, int count, Func<int, T> value) => columns.HasFlag(flag) ? [.. Enumerable.Range(0, count).Select(value)] : null;
        writer.Append(new TraceRows(
            [.. Enumerable.Range(0, tokens * width).Select(i => (ushort)((random.Next(model.Experts) / 2 * 2 + i % 2) % model.Experts))],
            [.. Enumerable.Range(0, tokens).Select(t => t / 3)],
            [.. Enumerable.Range(0, tokens).Select(t => t % 3)],
            Column(TraceColumns.GateWeights, tokens * width, i => (Half)(1.0 / (1 + i % model.TopK))),
            Column(TraceColumns.Step, tokens, t => t / 2),
            Column(TraceColumns.Home, tokens, t => (ushort)(t % 4)),
            Column(TraceColumns.Phase, tokens, t => (byte)(t % 2)),
            Column(TraceColumns.Domain, tokens, t => (byte)(t % (domains?.Length ?? 1)))));
        writer.Complete();
        return path;
    }
}
