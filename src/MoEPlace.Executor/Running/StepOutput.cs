using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Running;

/// <summary>What becomes of the residuals after the last layer: loss, sampled ids, logits.</summary>
internal sealed class StepOutput(IRankGroup group, MoELanguageModel model, Job job, RunOptions options)
{
    /// <summary>Tokens whose logits stand in memory at the same time, unless all are asked for.</summary>
    private const int RowsAtOnce = 512;

    private double lossSum;
    private long lossTokens;

    /// <summary>Mean loss over all ranks, and over how many tokens.</summary>
    internal (double? Mean, long Tokens) Loss()
    {
        var (tokens, sum) = (group.SumOf([lossTokens])[0], group.SumOf(lossSum));
        return (tokens == 0 ? null : sum / tokens, tokens);
    }

    /// <summary>Takes the residuals of a step.</summary>
    /// <returns>[tokens of the step] the ids that were sampled, on whichever rank; 0 where none was.</returns>
    internal int[] Take(PlannedStep step, Residuals residuals)
    {
        using var scope = torch.NewDisposeScope();
        var sampled = new long[step.Tokens.Count];
        int[] wanted = [.. Enumerable.Range(0, residuals.Tokens.Length).Where(row => Wants(step, residuals.Tokens[row]))];
        var parts = new List<Tensor>();
        foreach (var rows in wanted.Chunk(options.Logits is null ? RowsAtOnce : Math.Max(1, wanted.Length)))
            parts.Add(TakeRows(step, residuals, rows, sampled));
        if (options.Logits is { } sink)
            Gather(step, residuals.Tokens, parts, sink);
        if (step.Samples.Contains(true))
            sampled = group.SumOf(sampled);
        return [.. sampled.Select(id => (int)id)];
    }

    private bool Wants(PlannedStep step, int token) =>
        options.Logits is not null || step.Samples[token] || (options.MeasureLoss && step.Targets[token] >= 0);

    private Tensor TakeRows(PlannedStep step, Residuals residuals, int[] rows, long[] sampled)
    {
        var scope = options.Logits is null ? torch.NewDisposeScope() : null;
        using (scope)
        {
            var logits = model.Head(ExpertExchange.Pick(residuals.Rows, rows));
            int[] tokens = [.. rows.Select(row => residuals.Tokens[row])];
            int[] known = [.. Enumerable.Range(0, rows.Length).Where(i => options.MeasureLoss && step.Targets[tokens[i]] >= 0)];
            if (known.Length > 0)
            {
                var targets = ExpertExchange.Index([.. known.Select(i => step.Targets[tokens[i]])], logits.device);
                lossSum += torch.nn.functional.cross_entropy(ExpertExchange.Pick(logits, known), targets).item() * known.Length;
                lossTokens += known.Length;
            }
            for (var i = 0; i < rows.Length; i++)
                if (step.Samples[tokens[i]])
                    sampled[tokens[i]] = Sample(step, tokens[i], logits.narrow(0, i, 1));
            return logits;
        }
    }

    private int Sample(PlannedStep step, int token, Tensor logits) => Sampler.Next(
        logits.ToArray<float>(), job.Temperature, null, job.TopP,
        Sampler.StreamOf(job.Seed, step.Tokens.Sequences[token], step.Tokens.Positions[token] + 1));

    /// <summary>All logits to rank 0, which hands them on in the order of the step.</summary>
    private void Gather(PlannedStep step, int[] tokens, List<Tensor> parts, LogitsSink sink)
    {
        var vocabulary = model.Config.VocabularySize;
        var logits = parts.Count > 0 ? parts[0] : torch.empty([0, vocabulary], device: model.Device);
        var sent = new long[group.Size];
        sent[0] = tokens.Length;
        var received = group.AllToAll(sent, 1);
        var places = group.AllToAll(ExpertExchange.Index(tokens, logits.device), sent, received).ToArray<long>();
        var all = group.AllToAll(logits, sent, received);
        if (group.Rank != 0)
            return;
        var rows = new int[step.Tokens.Count];
        for (var i = 0; i < places.Length; i++)
            rows[places[i]] = i;
        sink(ExpertExchange.Pick(all, rows).ToArray<float>());
    }
}
