using MoEPlace.Evaluation;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Applying;

/// <summary>
/// Fixed tokens whose logits no placement changes: where they differ after a migration, weights are not what they were. They run beside the job, as a
/// prefill without a cache, between two steps; nothing that the job keeps or counts sees them. The reference is that of the first migration of a
/// life, so that damage is still seen when a later one takes it along.
/// </summary>
internal sealed class Canary
{
    private const int Length = 16;
    private const int MostPerRank = 4;

    /// <summary>How often each expert is chosen on average, where <see cref="MostPerRank"/> allows it.</summary>
    private const int ChoicesPerExpert = 4;

    private readonly IRankGroup group;
    private readonly MoELanguageModel model;
    private readonly PlannedStep step;
    private float[]? reference;

    /// <summary>Draws the tokens: the same on every rank and in every life.</summary>
    internal Canary(IRankGroup group, MoELanguageModel model)
    {
        (this.group, this.model) = (group, model);
        var config = model.Config;
        var length = Math.Min(Length, config.MaxPositions);
        var each = Math.Clamp(ChoicesPerExpert * config.Experts / (length * Math.Max(1, config.Choices) * group.Size), 1, MostPerRank);
        var (tokens, stream) = (each * group.Size * length, new SeedStream(0, "canary"));
        step = new PlannedStep(
            0,
            new TokenBatch
            {
                Ordinals = [.. Enumerable.Range(0, tokens).Select(i => (long)i)],
                Sequences = [.. Enumerable.Range(0, tokens).Select(i => i / length)],
                Positions = [.. Enumerable.Range(0, tokens).Select(i => i % length)],
                CacheRows = [.. Enumerable.Repeat(-1, tokens)],
                Domains = [.. new byte[tokens]],
                Ids = [.. Enumerable.Range(0, tokens).Select(_ => stream.Next(config.VocabularySize))],
                Prefill = true,
            },
            [.. Enumerable.Repeat(-1, tokens)],
            [.. new bool[tokens]]);
    }

    /// <summary>Takes the reference, unless there is one; every rank calls it between the same steps.</summary>
    internal void Remember(ExpertPlacement inForce) => reference ??= Logits(inForce);

    /// <summary>The most that a logit differs from the reference, over all ranks; every rank calls it between the same steps and gets the same.</summary>
    /// <returns>0 or more; <see cref="float.MaxValue"/> where a logit is no number.</returns>
    internal double Compare(ExpertPlacement inForce)
    {
        var (now, most) = (Logits(inForce), 0f);
        for (var i = 0; i < now.Length; i++)
        {
            var difference = Math.Abs(now[i] - reference![i]);
            most = Math.Max(most, float.IsFinite(difference) ? difference : float.MaxValue);
        }
        return group.ToAll([BitConverter.SingleToInt32Bits(most)]).Max(one => BitConverter.Int32BitsToSingle((int)one[0]));
    }

    private float[] Logits(ExpertPlacement inForce)
    {
        using var scope = torch.NewDisposeScope();
        var clock = new StepClock();
        clock.NextStep(step);
        var exchange = new ExpertExchange(group, new DispatchRule(inForce), new TrafficCounters(group.Rank, inForce.RanksPerNode, 0));
        var residuals = new HomePass(group, model, exchange, null, clock, null).Run(step);
        return model.Head(residuals.Rows).ToArray<float>();
    }
}
