using MoEPlace.Executor.Models;
using MoEPlace.Executor.Running;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Calibrating;

/// <summary>Tokens that stand for those of a job: sequences of equal length that decode, random rows, choices made to measure.</summary>
internal static class MadeUpTokens
{
    private const long Seed = 1;

    /// <summary>A token of each of some sequences, behind as many others of its own.</summary>
    /// <param name="tokens">How many.</param>
    /// <param name="context">Cached tokens of each, its own included.</param>
    internal static TokenBatch Batch(int tokens, int context) => new()
    {
        Ordinals = [.. Enumerable.Range(0, tokens).Select(i => (long)i)],
        Sequences = [.. Enumerable.Range(0, tokens)],
        Positions = [.. Enumerable.Repeat(context - 1, tokens)],
        CacheRows = [.. Enumerable.Range(0, tokens)],
        Domains = [.. new byte[tokens]],
        Ids = [.. new int[tokens]],
        Prefill = false,
    };

    /// <summary>[rows, H] between -1 and 1.</summary>
    internal static Tensor Rows(int rows, MoELanguageModel model)
    {
        var random = new SeedStream(Seed, "calibration rows");
        var values = new float[(long)rows * model.Config.HiddenSize];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(2 * random.NextDouble() - 1);
        return torch.tensor<float>(values, [rows, model.Config.HiddenSize]).to(model.Type, model.Device);
    }

    /// <summary>Choices with equal weights.</summary>
    /// <param name="tokens">How many tokens.</param>
    /// <param name="config">The model.</param>
    /// <param name="expert">What a token chooses: token and choice to the logical expert, or -1.</param>
    internal static TokenChoices Choose(int tokens, TransformerConfig config, Func<int, int, int> expert)
    {
        var experts = new int[tokens * config.Choices];
        var weights = new float[experts.Length];
        for (var i = 0; i < experts.Length; i++)
            (experts[i], weights[i]) = (expert(i / config.Choices, i % config.Choices), 1f / config.Choices);
        return new TokenChoices(experts, weights, config.Choices, config.Experts);
    }
}
