using System.Collections.Immutable;
using MoEPlace.Executor.Gates;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Results;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Calibrating;

/// <summary>What a rank computes in a step: a sample goes through the layers of the model one after another, as a step does.</summary>
internal sealed class ComputeSamples : IDisposable
{
    private const int StepsAtOnce = 4;
    private readonly IRankGroup group;
    private readonly MoELanguageModel model;
    private readonly ExpertPlacement placement;
    private readonly CalibrationOptions options;
    private readonly ImmutableArray<DecoderLayer> sparse;
    private readonly KeyValueCache cache;
    private readonly Tensor rows;

    internal ComputeSamples(IRankGroup group, MoELanguageModel model, ExpertPlacement placement, CalibrationOptions options)
    {
        (this.group, this.model, this.placement, this.options) = (group, model, placement, options);
        sparse = [.. model.Layers.Where(layer => layer.IsMoE)];
        var most = options.Tokens.Max();
        cache = new KeyValueCache(model.Config, most, options.Contexts.Max(), model.Device, model.Type);
        rows = MadeUpTokens.Rows(most * model.Config.Choices, model).DetachFromDisposeScope();
    }

    /// <summary>Attention and gate.</summary>
    internal IEnumerable<WorkSample> Attention(Action<MeasuredTokens> take)
    {
        foreach (var tokens in options.Tokens)
            foreach (var context in options.Contexts)
                yield return new WorkSample(
                    sparse.Length, () => { }, () => Attend(MadeUpTokens.Batch(tokens, context)),
                    time => take(new MeasuredTokens(tokens, context, time)));
    }

    /// <summary>Routed experts, pairs spread evenly over those that have any.</summary>
    internal IEnumerable<WorkSample> Experts(ExpertExchange exchange, Action<MeasuredExperts> take)
    {
        var config = model.Config;
        var perRow = PairsPerRow();
        var slots = Enumerable.Range(0, group.Size).Min(rank => placement.ExpertsOn(new LayerId(0), new RankId(rank)).Length);
        foreach (var experts in new[] { 1, (slots + 1) / 2, slots }.Distinct())
            foreach (var count in options.Tokens.Select(tokens => (tokens * config.Choices + perRow - 1) / perRow).Distinct())
            {
                var pairs = count * Math.Min(perRow, experts);
                if (pairs < experts)
                    continue;
                var (step, arrivals) = (MadeUpTokens.Batch(count, 1), Arrive(count, experts, Math.Min(perRow, experts)));
                yield return new WorkSample(sparse.Length, () => { }, Run, time => take(new MeasuredExperts(experts, pairs, time)));

                void Run()
                {
                    foreach (var layer in sparse)
                    {
                        using var scope = torch.NewDisposeScope();
                        _ = exchange.RunExperts(layer.Ordinal, step, layer.Experts!, arrivals, rows.narrow(0, 0, count));
                    }
                }
            }
    }

    /// <summary>Steps that sample, without layers.</summary>
    internal IEnumerable<WorkSample> Step(Action<MeasuredTokens> take)
    {
        foreach (var tokens in options.Tokens)
        {
            var job = new Job
            {
                Prompts = [.. Enumerable.Repeat(new Prompt([0], 0, int.MaxValue), tokens * group.Size)],
                Batch = tokens * group.Size,
                Temperature = 1,
            };
            var plan = new StepPlan(job, group.Size);
            var output = new StepOutput(group, model, job, new RunOptions { Placement = placement });
            yield return new WorkSample(
                StepsAtOnce, Once, () =>
                {
                    for (var i = 0; i < StepsAtOnce; i++)
                        Once();
                },
                time => take(new MeasuredTokens(tokens, 0, time)));

            void Once()
            {
                using var scope = torch.NewDisposeScope();
                var step = plan.Next()!;
                var here = step.AtHome(new RankId(group.Rank), group.Size);
                var residual = model.Embed(step.Tokens.Pick(here).Ids);
                plan.Complete(output.Take(step, new Residuals(here, residual)));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        cache.Dispose();
        rows.Dispose();
    }

    /// <summary>The attention and gate of a layer, behind contexts of middling length.</summary>
    internal Action<DecoderLayer> AttentionOf(int tokens)
    {
        var batch = MadeUpTokens.Batch(tokens, options.Contexts[options.Contexts.Length / 2]);
        return layer => _ = Attend(layer, batch, null);
    }

    /// <summary>The routed experts of a layer, all of the rank, for as many tokens as come where all ranks are chosen alike.</summary>
    internal Action<DecoderLayer> ExpertsOf(ExpertExchange exchange, int tokens)
    {
        var perRow = PairsPerRow();
        var count = (tokens * model.Config.Choices + perRow - 1) / perRow;
        var slots = placement.ExpertsOn(new LayerId(0), new RankId(group.Rank)).Length;
        var (step, arrivals) = (MadeUpTokens.Batch(count, 1), Arrive(count, slots, Math.Min(perRow, slots)));
        return layer => exchange.RunExperts(layer.Ordinal, step, layer.Experts!, arrivals, rows.narrow(0, 0, count));
    }

    private void Attend(TokenBatch batch)
    {
        Tensor? carry = null;
        foreach (var layer in sparse)
        {
            using var scope = torch.NewDisposeScope();
            carry = Attend(layer, batch, carry)?.MoveToOuterDisposeScope();
        }
    }

    private Tensor? Attend(DecoderLayer layer, TokenBatch batch, Tensor? carry)
    {
        var hidden = layer.Normalise(layer.Attend(rows.narrow(0, 0, batch.Count), batch, cache));
        var choice = layer.Gate!.Choose(new GateInput(layer.Ordinal, hidden, carry, batch));
        _ = TokenChoices.Of(choice, model.Config.Experts);
        return choice.Carry;
    }

    /// <summary>How many of a row's choices run on the rank that it came to, on average, where all ranks are chosen alike.</summary>
    private int PairsPerRow()
    {
        double choices = model.Config.Choices, ranks = group.Size;
        var distinct = ranks * (1 - Math.Pow(1 - 1 / ranks, choices));
        return (int)Math.Round(choices / distinct);
    }

    /// <summary>Rows of which some choices are experts of this rank, in turn, and the others are not.</summary>
    internal Arrivals Arrive(int count, int experts, int own)
    {
        var held = placement.ExpertsOn(new LayerId(0), new RankId(group.Rank));
        int[] mine = [.. held[..experts]], all = [.. held];
        int[] others = [.. Enumerable.Range(0, model.Config.Experts).Except(all)];
        var choices = MadeUpTokens.Choose(count, model.Config, (token, choice) =>
            choice < own ? mine[(token * own + choice) % experts] : others.Length == 0 ? -1 : others[(token + choice) % others.Length]);
        int[] tokens = [.. Enumerable.Range(0, count)];
        return new Arrivals([], [], [], [.. tokens.Select(token => token % group.Size)], tokens, choices, rows);
    }
}
