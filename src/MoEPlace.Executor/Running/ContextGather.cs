using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Running;

/// <summary>Gathers the new keys and values of a step, in all layers, into the cache of every rank: once a step.</summary>
internal sealed class ContextGather(IRankGroup group, KeyValueCache cache, TrafficCounters traffic)
{
    /// <summary>Gathers those of one step.</summary>
    /// <param name="step">All tokens of the step.</param>
    /// <param name="attended">[hidden layers] which of them had their attention on this rank.</param>
    /// <param name="device">Where the cache lives.</param>
    internal void Run(TokenBatch step, int[][] attended, TorchDevice device)
    {
        if (group.Size == 1)
            return;
        using var scope = torch.NewDisposeScope();
        var mine = new List<int>();
        var parts = new List<Tensor>();
        for (var layer = 0; layer < attended.Length; layer++)
        {
            foreach (var token in attended[layer])
                mine.AddRange([layer, token]);
            if (attended[layer].Length > 0)
                parts.Add(cache.Read(layer, Rows(step, attended[layer], device), Positions(step, attended[layer], device)));
        }
        var count = mine.Count / 2;
        var values = count > 0 ? torch.cat([.. parts]) : cache.Read(0, Rows(step, [], device), Positions(step, [], device));
        traffic.Gathered(values.NumberOfElements * Tensor.BytesOf(values.dtype), group.Size);
        long[] counts = [.. group.ToAll([count]).Select(one => one[0])];
        var places = group.AllGather(torch.tensor<int>([.. mine], [count, 2], device), counts).ToArray<int>();
        var all = group.AllGather(values, counts);
        var byLayer = new List<int>[attended.Length];
        for (var layer = 0; layer < byLayer.Length; layer++)
            byLayer[layer] = [];
        for (var i = 0; i < places.Length / 2; i++)
            byLayer[places[2 * i]].Add(i);
        for (var layer = 0; layer < byLayer.Length; layer++)
        {
            int[] rows = [.. byLayer[layer]], tokens = [.. rows.Select(row => places[2 * row + 1])];
            cache.Write(layer, Rows(step, tokens, device), Positions(step, tokens, device), ExpertExchange.Pick(all, rows));
        }
    }

    private static Tensor Rows(TokenBatch step, int[] tokens, TorchDevice device) =>
        ExpertExchange.Index([.. tokens.Select(token => step.CacheRows[token])], device);

    private static Tensor Positions(TokenBatch step, int[] tokens, TorchDevice device) =>
        ExpertExchange.Index([.. tokens.Select(token => step.Positions[token])], device);
}
