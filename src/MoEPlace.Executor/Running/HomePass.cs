using MoEPlace.Executor.Gates;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Running;

/// <summary>Residency home: a token's hidden state stays on its home rank, goes out to its experts in every layer and comes back.</summary>
internal sealed class HomePass(
    IRankGroup group, MoELanguageModel model, ExpertExchange exchange, KeyValueCache? cache, StepClock clock, ChoiceObserver? observe)
{
    /// <summary>Runs one step.</summary>
    /// <param name="step">The step.</param>
    /// <returns>Where the tokens of this rank stand in the step, and their residuals [n, H] after the last layer.</returns>
    internal Residuals Run(PlannedStep step)
    {
        var tokens = step.AtHome(new RankId(group.Rank), group.Size);
        var batch = tokens.Length == step.Tokens.Count ? step.Tokens : step.Tokens.Pick(tokens);
        var residual = model.Embed(batch.Ids);
        Tensor? carry = null;
        foreach (var layer in model.Layers)
        {
            using var scope = torch.NewDisposeScope();
            var (before, carried) = (residual, carry);
            clock.Enter(layer.IsMoE ? RunPhase.Attention : RunPhase.Dense);
            residual = layer.Attend(residual, batch, cache);
            var hidden = layer.Normalise(residual);
            if (!layer.IsMoE)
                residual = residual + layer.Dense(hidden);
            else
                (residual, carry) = RunExperts(layer, step, tokens, batch, residual, hidden, carry);
            if (residual != before)
            {
                residual.MoveToOuterDisposeScope();
                before.Dispose();
            }
            if (carry == carried)
                continue;
            carry?.MoveToOuterDisposeScope();
            carried?.Dispose();
        }
        clock.Enter(RunPhase.Step);
        return new Residuals(tokens, residual);
    }

    private (Tensor Residual, Tensor? Carry) RunExperts(
        DecoderLayer layer, PlannedStep step, int[] tokens, TokenBatch batch, Tensor residual, Tensor hidden, Tensor? carry)
    {
        var gate = layer.Gate!;
        GateChoice? choice = null;
        var choices = new TokenChoices([], [], gate.Choices, model.Config.Experts);
        if (tokens.Length > 0)
        {
            choice = gate.Choose(new GateInput(layer.Ordinal, hidden, carry, batch));
            choices = TokenChoices.Of(choice, model.Config.Experts);
            observe?.Invoke(step.Number, layer.Ordinal, batch, choices);
        }
        clock.Enter(RunPhase.Dispatch);
        var arrivals = exchange.Send(layer.Ordinal, step.Tokens, tokens, hidden, choices, keepsExpertless: false);
        clock.Enter(RunPhase.Experts);
        var sums = exchange.RunExperts(layer.Ordinal, step.Tokens, layer.Experts!, arrivals, arrivals.Rows);
        clock.Enter(RunPhase.Combine);
        var back = exchange.Combine(sums, arrivals.Received, arrivals.Sent);
        if (choice is null)
            return (residual, null);
        residual = Add(residual, arrivals.SentRows, back);
        clock.Enter(RunPhase.Shared);
        if (gate.CostFreeOutput(hidden, choice.Experts, choice.Weights) is { } free)
            residual = residual + free;
        return (layer.Shared(hidden) is { } shared ? residual + shared : residual, choice.Carry);
    }

    /// <summary>Rows plus others at some places.</summary>
    internal static Tensor Add(Tensor rows, int[] places, Tensor others)
    {
        var same = places.Length == rows.size(0);
        for (var i = 0; i < places.Length && same; i++)
            same = places[i] == i;
        return same ? rows + others : rows.index_add(0, ExpertExchange.Index(places, rows.device), others);
    }
}
