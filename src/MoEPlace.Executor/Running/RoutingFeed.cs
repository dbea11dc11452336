using MoEPlace.Executor.Models;
using MoEPlace.Traces;

namespace MoEPlace.Executor.Running;

/// <summary>Gathers what the gates of a step choose for the tokens of this rank, which at residency home pass all layers here, and hands it on.</summary>
internal sealed class RoutingFeed(Action<RoutedTokens> sink, int rank, int layers, int topK)
{
    private RoutedTokens? current;

    /// <summary>Begins a step with the tokens that live on this rank.</summary>
    internal void Tokens(TokenBatch tokens)
    {
        current = null;
        if (tokens.Count == 0)
            return;
        current = new RoutedTokens(
            tokens.Count, [.. tokens.Sequences], [.. tokens.Positions], new ushort[tokens.Count], new byte[tokens.Count],
            new ushort[tokens.Count * layers * topK]);
        current.Home.AsSpan().Fill((ushort)rank);
        current.Phase.AsSpan().Fill(tokens.Prefill ? (byte)0 : (byte)1);
        current.Experts.AsSpan().Fill(RoutingTrace.NoExpert);
    }

    /// <summary>Takes what was chosen in a layer; experts that cost nothing are none.</summary>
    internal void Choices(int step, LayerId layer, TokenBatch tokens, TokenChoices choices)
    {
        Span<Half> weights = stackalloc Half[topK];
        for (var token = 0; token < choices.Count; token++)
            Rank(choices, token, current!.Experts.AsSpan((token * layers + layer.Value) * topK, topK), weights);
    }

    /// <summary>Ends the step.</summary>
    internal void Flush()
    {
        if (current is { } done)
            sink(done);
        current = null;
    }

    /// <summary>Sorts by falling weight, rounded as a trace rounds it; what is equal stays in the gate's order.</summary>
    private static void Rank(TokenChoices choices, int token, Span<ushort> experts, Span<Half> weights)
    {
        var count = 0;
        for (var i = token * choices.Choices; i < (token + 1) * choices.Choices; i++)
        {
            if (!choices.IsReal(choices.Experts[i]))
                continue;
            var (weight, at) = ((Half)choices.Weights[i], count++);
            for (; at > 0 && weights[at - 1] < weight; at--)
                (experts[at], weights[at]) = (experts[at - 1], weights[at - 1]);
            (experts[at], weights[at]) = ((ushort)choices.Experts[i], weight);
        }
    }
}
