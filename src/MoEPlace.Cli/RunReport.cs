using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MoEPlace.Executor.Running;

namespace MoEPlace.Cli;

/// <summary>What a run came to, for people and as JSON.</summary>
internal static class RunReport
{
    /// <summary>A fact per line.</summary>
    internal static IEnumerable<IReadOnlyList<string>> Lines(RunResult result)
    {
        var sent = result.Prefill + result.Decode;
        yield return ["tokens", $"{MeasureTable.Count(result.Tokens)} in {MeasureTable.Count(result.Steps)} steps"];
        yield return ["time", MeasureTable.Seconds(result.Seconds)];
        yield return ["speed", FormattableString.Invariant($"{Speed(result):F0} tokens/s")];
        if (result.Loss is { } loss)
            yield return ["loss", FormattableString.Invariant($"{loss:F4} nats over {MeasureTable.Count(result.LossTokens)} tokens")];
        yield return ["dispatch", MeasureTable.Bytes(sent.DispatchBytes)];
        yield return ["combine", MeasureTable.Bytes(sent.CombineBytes)];
        yield return ["context", MeasureTable.Bytes(sent.ContextBytes)];
        yield return ["between nodes", MeasureTable.Bytes(sent.InterNodeBytes)];
        yield return ["experts of the fullest rank", MeasureTable.Bytes(result.ExpertBytes.Max())];
        yield return ["imbalance of expert bytes", MeasureTable.Number(Imbalance(result.ExpertBytes))];
        yield return ["key-value cache of the fullest rank", MeasureTable.Bytes(result.CacheBytes.Max())];
    }

    /// <summary>One object.</summary>
    internal static JsonObject ToJson(RunResult result, Job job, RankStart start)
    {
        var sent = result.Prefill + result.Decode;
        var told = new JsonObject
        {
            ["ranks"] = start.Ranks,
            ["device"] = start.Device.ToString(),
            ["tokens"] = result.Tokens,
            ["steps"] = result.Steps,
            ["seconds"] = result.Seconds,
            ["tokensPerSecond"] = Speed(result),
            ["loss"] = result.Loss,
            ["lossTokens"] = result.LossTokens,
            ["dispatchBytes"] = sent.DispatchBytes,
            ["combineBytes"] = sent.CombineBytes,
            ["contextBytes"] = sent.ContextBytes,
            ["interNodeBytes"] = sent.InterNodeBytes,
            ["prefill"] = JsonSerializer.SerializeToNode(result.Prefill, StrictJson.Options),
            ["decode"] = JsonSerializer.SerializeToNode(result.Decode, StrictJson.Options),
            ["expertBytes"] = JsonSerializer.SerializeToNode(result.ExpertBytes, StrictJson.Options),
            ["expertBytesImbalance"] = Imbalance(result.ExpertBytes),
            ["cacheBytes"] = JsonSerializer.SerializeToNode(result.CacheBytes, StrictJson.Options),
        };
        if (job.Prompts.Any(prompt => prompt.NewTokens > 0))
            told["sampled"] = JsonSerializer.SerializeToNode(result.Sampled, StrictJson.OneLine);
        return told;
    }

    /// <summary>A prompt of bytes and what followed, as text.</summary>
    internal static string Text(Prompt prompt, ImmutableArray<int> sampled) =>
        Encoding.UTF8.GetString([.. prompt.Ids.Concat(sampled).Select(id => (byte)id)]);

    private static double Speed(RunResult result) => result.Tokens / Math.Max(result.Seconds, 1e-9);

    private static double Imbalance(ImmutableArray<long> bytes) => bytes.Max() / Math.Max(1, bytes.Average());
}
