using System.Collections.Immutable;
using MoEPlace.Executor.Models;

namespace MoEPlace.Executor.Running;

/// <summary>
/// Which tokens run in which step: either the prefill of sequences that are just admitted, or one token of every sequence that decodes. A
/// sequence is admitted as soon as another has ended. The plan does not depend on the number of ranks; every rank makes it by itself.
/// </summary>
public sealed class StepPlan
{
    private readonly Job job;
    private readonly RowPool[] pools;
    private readonly List<Active> active = [];
    private int admitted;
    private int steps;
    private long ordinals;
    private PlannedStep? pending;

    /// <summary>Plans a job.</summary>
    /// <param name="job">What is to be run.</param>
    /// <param name="pools">
    /// Key-value caches that sequences are spread over, sequence s in cache s mod pools: the ranks where each holds its own sequences, 1 where
    /// each holds all.
    /// </param>
    public StepPlan(Job job, int pools)
    {
        ArgumentNullException.ThrowIfNull(job);
        this.job = job;
        this.pools = [.. Enumerable.Range(0, pools).Select(_ => new RowPool())];
    }

    /// <summary>The rank that a sequence lives on.</summary>
    public static RankId HomeOf(int sequence, int ranks) => new(sequence % ranks);

    /// <summary>Rows that a cache needs for a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="pools">As for a plan.</param>
    /// <param name="pool">Which cache.</param>
    public static int RowsNeeded(Job job, int pools, int pool)
    {
        ArgumentNullException.ThrowIfNull(job);
        var own = (job.Prompts.Length - pool + pools - 1) / pools;
        if (job.EndId is not null)
            return Math.Min(job.Batch, own);
        // Nothing that is sampled changes when a sequence ends: the plan can be run through.
        var plan = new StepPlan(job, pools);
        while (plan.Next() is { } step)
            plan.Complete(new int[step.Tokens.Count]);
        return plan.pools[pool].Most;
    }

    /// <summary>The next step; null when all sequences have ended.</summary>
    /// <exception cref="InvalidOperationException">The step before was not completed.</exception>
    public PlannedStep? Next()
    {
        if (pending is not null)
            throw new InvalidOperationException("The step before is not completed.");
        var fresh = Admit();
        if (active.Count == 0)
            return null;
        pending = fresh.Exists(sequence => sequence.Prefill > 0)
            ? Plan([.. fresh.Where(sequence => sequence.Prefill > 0)], prefill: true)
            : Plan(active, prefill: false);
        return pending;
    }

    /// <summary>Takes over what was sampled and ends the sequences that are done.</summary>
    /// <param name="sampled">[tokens of the step] ids; only those of tokens that sample count.</param>
    public void Complete(ReadOnlySpan<int> sampled)
    {
        var step = pending ?? throw new InvalidOperationException("No step is pending.");
        ArgumentOutOfRangeException.ThrowIfNotEqual(sampled.Length, step.Tokens.Count);
        var byNumber = active.ToDictionary(sequence => sequence.Number);
        for (var i = 0; i < sampled.Length; i++)
        {
            var sequence = byNumber[step.Tokens.Sequences[i]];
            sequence.Done = step.Tokens.Positions[i] + 1;
            if (!step.Samples[i])
                continue;
            sequence.Ids.Add(sampled[i]);
            sequence.Ended = sampled[i] == job.EndId;
        }
        foreach (var sequence in active.Where(sequence => sequence.IsOver))
            pools[sequence.Number % pools.Length].Free(sequence.Row);
        active.RemoveAll(sequence => sequence.IsOver);
        pending = null;
    }

    /// <summary>Admits sequences while there is room, in their order, up to the limit of one prefill.</summary>
    private List<Active> Admit()
    {
        var fresh = new List<Active>();
        var tokens = 0L;
        while (admitted < job.Prompts.Length && active.Count < job.Batch)
        {
            if (job.IsFinished(admitted))
            {
                admitted++;
                continue;
            }
            var (prompt, sampled) = (job.Prompts[admitted], job.SampledOf(admitted));
            // All that an earlier life ran is run at once.
            var prefill = sampled.IsEmpty ? prompt.Prefill : prompt.Ids.Length + sampled.Length;
            if (tokens > 0 && tokens + prefill > job.PrefillTokens)
                break;
            tokens += prefill;
            fresh.Add(new Active(admitted, prompt, sampled, prefill, pools[admitted % pools.Length].Take()));
            active.Add(fresh[^1]);
            admitted++;
        }
        return fresh;
    }

    private PlannedStep Plan(List<Active> sequences, bool prefill)
    {
        var builder = new StepBuilder(ordinals, prefill);
        foreach (var sequence in sequences)
            builder.Add(sequence, prefill ? sequence.Prefill : sequence.Done + 1);
        var step = builder.ToStep(steps++);
        ordinals += step.Tokens.Count;
        return step;
    }

    /// <summary>A sequence that runs.</summary>
    private sealed class Active(int number, Prompt prompt, ImmutableArray<int> sampled, int prefill, int row)
    {
        internal int Number { get; } = number;

        internal Prompt Prompt { get; } = prompt;

        /// <summary>Tokens that run at once when it is admitted.</summary>
        internal int Prefill { get; } = prefill;

        internal int Row { get; } = row;

        /// <summary>Ids that are known: given, then sampled.</summary>
        internal List<int> Ids { get; } = [.. prompt.Ids, .. sampled];

        /// <summary>Tokens that have run.</summary>
        internal int Done { get; set; }

        internal bool Ended { get; set; }

        internal bool IsOver => Ended || Done >= Prompt.MostTokens;
    }

    private sealed class StepBuilder(long firstOrdinal, bool prefill)
    {
        private readonly List<int> sequences = [], positions = [], rows = [], ids = [], targets = [];
        private readonly List<byte> domains = [];
        private readonly List<bool> samples = [];

        /// <summary>The tokens of a sequence up to a position.</summary>
        internal void Add(Active sequence, int end)
        {
            for (var position = sequence.Done; position < end; position++)
            {
                sequences.Add(sequence.Number);
                positions.Add(position);
                rows.Add(sequence.Row);
                ids.Add(sequence.Ids[position]);
                domains.Add(sequence.Prompt.Domain);
                targets.Add(position + 1 < sequence.Prompt.Ids.Length ? sequence.Ids[position + 1] : -1);
                samples.Add(sequence.Prompt.NewTokens > 0 && position + 1 == sequence.Ids.Count);
            }
        }

        internal PlannedStep ToStep(int number) => new(
            number,
            new TokenBatch
            {
                Ordinals = [.. Enumerable.Range(0, ids.Count).Select(i => firstOrdinal + i)],
                Sequences = [.. sequences],
                Positions = [.. positions],
                CacheRows = [.. rows],
                Domains = [.. domains],
                Ids = [.. ids],
                Prefill = prefill,
            },
            [.. targets],
            [.. samples]);
    }

    /// <summary>Rows of one cache: the lowest that is free is taken first.</summary>
    private sealed class RowPool
    {
        private readonly SortedSet<int> free = [];

        /// <summary>Rows that were taken at the same time at most.</summary>
        internal int Most { get; private set; }

        internal int Take()
        {
            if (free.Count == 0)
                return Most++;
            var row = free.Min;
            free.Remove(row);
            return row;
        }

        internal void Free(int row) => free.Add(row);
    }
}
