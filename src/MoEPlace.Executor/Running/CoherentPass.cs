using MoEPlace.Executor.Gates;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Running;

/// <summary>
/// Residency coherent, for decoding: the pre-norm residual of a token moves in every layer to the rank of its top-1 expert and stays there
/// (ExFlow's context-coherent parallelism, extended to top-k). Every rank holds the whole key-value cache.
/// </summary>
internal sealed class CoherentPass(
    IRankGroup group, MoELanguageModel model, ExpertExchange exchange, KeyValueCache cache, StepClock clock, ChoiceObserver? observe)
{
    /// <summary>Runs one step of decoding.</summary>
    /// <param name="step">The step.</param>
    /// <param name="attended">[hidden layers] takes which tokens of the step had their attention, and so their new keys and values, here.</param>
    /// <returns>The tokens whose residual has come to rest on this rank.</returns>
    internal Residuals Run(PlannedStep step, int[][] attended)
    {
        var here = new Resident(step.AtHome(new RankId(group.Rank), group.Size), step.Tokens);
        here.Residual = model.Embed(here.Batch.Ids);
        foreach (var layer in model.Layers)
        {
            using var scope = torch.NewDisposeScope();
            var (before, carried) = (here.Residual, here.Carry);
            attended[layer.Index] = here.Tokens;
            clock.Enter(layer.IsMoE ? RunPhase.Attention : RunPhase.Dense);
            var residual = layer.Attend(here.Residual, here.Batch, cache);
            if (layer.IsMoE)
                Move(layer, step, here, residual);
            else
                here.Residual = residual + layer.Dense(layer.Normalise(residual));
            if (here.Residual != before)
            {
                here.Residual.MoveToOuterDisposeScope();
                before.Dispose();
            }
            if (here.Carry == carried)
                continue;
            here.Carry?.MoveToOuterDisposeScope();
            carried?.Dispose();
        }
        clock.Enter(RunPhase.Step);
        return new Residuals(here.Tokens, here.Residual);
    }

    private void Move(DecoderLayer layer, PlannedStep step, Resident here, Tensor residual)
    {
        var gate = layer.Gate!;
        Tensor? carry = null;
        var choices = new TokenChoices([], [], gate.Choices, model.Config.Experts);
        if (here.Tokens.Length > 0)
        {
            var choice = gate.Choose(new GateInput(layer.Ordinal, layer.Normalise(residual), here.Carry, here.Batch));
            choices = TokenChoices.Of(choice, model.Config.Experts);
            carry = choice.Carry;
            observe?.Invoke(step.Number, layer.Ordinal, here.Batch, choices);
        }
        clock.Enter(RunPhase.Dispatch);
        var arrivals = exchange.Send(layer.Ordinal, step.Tokens, here.Tokens, residual, choices, keepsExpertless: true);
        // The last gate has nobody to hand anything to.
        var carries = gate.CarryWidth > 0 && layer.Ordinal.Value < model.Config.MoeLayerIds.Length - 1;
        if (carries)
            carry = exchange.SendAfter(arrivals, carry ?? torch.empty([0, gate.CarryWidth], device: residual.device));
        clock.Enter(RunPhase.Experts);
        var hidden = layer.Normalise(arrivals.Rows);
        var sums = exchange.RunExperts(layer.Ordinal, step.Tokens, layer.Experts!, arrivals, hidden);
        clock.Enter(RunPhase.Combine);
        var routes = Routes.Of(layer.Ordinal, step.Tokens, arrivals, exchange, group);
        var back = exchange.Combine(ExpertExchange.Pick(sums, routes.Leaving), routes.Sent, routes.Received);
        var rows = HomePass.Add(ExpertExchange.Pick(arrivals.Rows, routes.Staying), routes.Targets, back);
        clock.Enter(RunPhase.Shared);
        here.Take([.. routes.Staying.Select(row => arrivals.Tokens[row])]);
        here.Carry = carries ? ExpertExchange.Pick(carry!, routes.Staying) : null;
        here.Residual = here.Tokens.Length == 0
            ? rows
            : WithCostFree(layer, arrivals.Choices, routes.Staying, ExpertExchange.Pick(hidden, routes.Staying), rows);
    }

    /// <summary>Adds what every rank can compute: shared experts and those that cost nothing.</summary>
    private static Tensor WithCostFree(DecoderLayer layer, TokenChoices choices, int[] staying, Tensor hidden, Tensor rows)
    {
        var k = choices.Choices;
        var (experts, weights) = (new long[staying.Length * k], new float[staying.Length * k]);
        for (var i = 0; i < experts.Length; i++)
        {
            var from = staying[i / k] * k + i % k;
            (experts[i], weights[i]) = (choices.Experts[from], choices.Weights[from]);
        }
        long[] shape = [staying.Length, k];
        if (layer.Gate!.CostFreeOutput(
            hidden, torch.tensor<long>(experts, shape, hidden.device), torch.tensor<float>(weights, shape, hidden.device)) is { } free)
            rows = rows + free;
        return layer.Shared(hidden) is { } shared ? rows + shared : rows;
    }

    /// <summary>The tokens that are on this rank now.</summary>
    private sealed class Resident(int[] tokens, TokenBatch step)
    {
        internal int[] Tokens { get; private set; } = tokens;

        internal TokenBatch Batch { get; private set; } = step.Pick(tokens);

        internal Tensor Residual { get; set; } = null!;

        internal Tensor? Carry { get; set; }

        internal void Take(int[] now) => (Tokens, Batch) = (now, step.Pick(now));
    }
}
