using System.Collections.Immutable;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Running;
using MoEPlace.Executor.Tests.Models;
using Xunit;

namespace MoEPlace.Executor.Tests.Running;

public sealed class StepPlanTests
{
    [Fact]
    public void Every_token_runs_once_in_order_and_never_more_sequences_than_the_batch()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var job = RandomJob(seed);
            var pools = 1 + seed % 3;
            var (plan, draws) = (new StepPlan(job, pools), new SeedStream(seed, "ids"));
            var known = job.Prompts.Select(prompt => prompt.Ids.ToList()).ToArray();
            var done = new int[known.Length];
            var ended = new bool[known.Length];
            var rows = new Dictionary<(int Pool, int Row), int>();
            long ordinal = 0;
            for (var number = 0; plan.Next() is { } step; number++)
            {
                var tokens = step.Tokens;
                Assert.True(step.Number == number && tokens.Count > 0, $"seed {seed}, step {number}");
                Assert.Equal(Enumerable.Range(0, tokens.Count).Select(i => ordinal + i), tokens.Ordinals);
                ordinal += tokens.Count;
                Assert.Equal(tokens.Sequences.Zip(tokens.Positions).Order(), tokens.Sequences.Zip(tokens.Positions));
                Assert.InRange(tokens.Sequences.Distinct().Count(), 1, job.Batch);
                var sampled = new int[tokens.Count];
                for (var i = 0; i < tokens.Count; i++)
                {
                    var (sequence, position) = (tokens.Sequences[i], tokens.Positions[i]);
                    Assert.Equal((done[sequence]++, false), (position, ended[sequence]));
                    Assert.Equal(known[sequence][position], tokens.Ids[i]);
                    Assert.Equal(job.Prompts[sequence].Domain, tokens.Domains[i]);
                    Assert.Equal(tokens.Prefill, position < job.Prompts[sequence].Prefill);
                    rows[(sequence % pools, tokens.CacheRows[i])] = sequence;
                    var target = position + 1 < known[sequence].Count ? known[sequence][position + 1] : -1;
                    Assert.Equal(target, step.Targets[i]);
                    Assert.Equal(target < 0 && job.Prompts[sequence].NewTokens > 0, step.Samples[i]);
                    sampled[i] = draws.Next(5);
                    if (!step.Samples[i])
                        continue;
                    known[sequence].Add(sampled[i]);
                    ended[sequence] = sampled[i] == job.EndId;
                }
                plan.Complete(sampled);
            }
            for (var s = 0; s < known.Length; s++)
                Assert.True(ended[s] ? done[s] <= job.Prompts[s].MostTokens : done[s] == job.Prompts[s].MostTokens, $"seed {seed}, sequence {s}");
            for (var pool = 0; pool < pools; pool++)
            {
                var used = rows.Keys.Where(key => key.Pool == pool).Select(key => key.Row + 1).DefaultIfEmpty(0).Max();
                Assert.True(used <= StepPlan.RowsNeeded(job, pools, pool), $"seed {seed}, pool {pool}");
                Assert.True(job.EndId is not null || used == StepPlan.RowsNeeded(job, pools, pool), $"seed {seed}, pool {pool}");
            }
        }
    }

    [Fact]
    public void Sequences_that_run_together_have_rows_of_their_own()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var (job, draws) = (RandomJob(seed), new SeedStream(seed, "ids"));
            var plan = new StepPlan(job, 2);
            while (plan.Next() is { } step)
            {
                var owners = step.Tokens.Sequences.Zip(step.Tokens.CacheRows, (s, row) => (Pool: s % 2, Row: row, Sequence: s)).Distinct().ToArray();
                Assert.Equal(owners.Length, owners.Select(o => (o.Pool, o.Row)).Distinct().Count());
                plan.Complete([.. Enumerable.Range(0, step.Tokens.Count).Select(_ => draws.Next(5))]);
            }
        }
    }

    [Fact]
    public void A_prefill_stays_within_its_limit_unless_one_prompt_exceeds_it()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var job = RandomJob(seed);
            var plan = new StepPlan(job, 1);
            while (plan.Next() is { } step)
            {
                Assert.True(
                    !step.Tokens.Prefill || step.Tokens.Count <= job.PrefillTokens || step.Tokens.Sequences.Distinct().Count() == 1, $"seed {seed}");
                plan.Complete(new int[step.Tokens.Count]);
            }
        }
    }

    [Fact]
    public void Cut_off_after_any_step_a_job_goes_on_to_the_ids_that_it_would_have_sampled_and_samples_none_twice()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var job = RandomJob(seed);
            var whole = Sample(job, seed, int.MaxValue);
            for (var cut = 0; cut <= whole.Steps; cut += 1 + seed % 3)
            {
                var first = Sample(job, seed, cut);
                var second = Sample(job with { Sampled = first.Ids }, seed, int.MaxValue);
                Assert.True(whole.Ids.Zip(second.Ids, (a, b) => a.SequenceEqual(b)).All(same => same), $"seed {seed}, cut {cut}");
                Assert.True(first.Drawn + second.Drawn == whole.Drawn, $"seed {seed}, cut {cut}");
                Assert.True((job with { Sampled = whole.Ids }).IsComplete == job.Prompts.All(prompt => prompt.NewTokens > 0), $"seed {seed}");
            }
        }
    }

    [Fact]
    public void Homes_are_sequences_modulo_ranks()
    {
        var plan = new StepPlan(new Job { Prompts = [.. Enumerable.Range(0, 5).Select(_ => new Prompt([1, 2], 2))] }, 3);
        var step = plan.Next()!;
        Assert.Equal([[0, 1, 6, 7], [2, 3, 8, 9], [4, 5]], Enumerable.Range(0, 3).Select(rank => step.AtHome(new RankId(rank), 3)));
    }

    [Fact]
    public void A_job_tells_all_its_faults()
    {
        var job = new Job { Prompts = [new Prompt([300], 2, -1)], Batch = 0, PrefillTokens = 0, Temperature = -1, TopP = 0 };
        var faults = new InputFaults("run");
        job.Check(faults, TransformerConfig.Read(Layouts.Folder("mixtral")), 1);
        var told = string.Join('\n', faults.ToImmutable());
        string[] parts = ["--batch = 0", "--prefill-tokens = 0", "--temperature = -1", "--top-p = 0", "prefill = 2", "newTokens = -1", "ids = 300"];
        foreach (var part in parts)
            Assert.Contains(part, told, StringComparison.Ordinal);
    }

    /// <summary>Runs a plan with ids that depend on sequence and position, for some steps.</summary>
    private static (ImmutableArray<ImmutableArray<int>> Ids, int Drawn, int Steps) Sample(Job job, int seed, int steps)
    {
        var (plan, ids, drawn, done) = (new StepPlan(job, 2), job.Prompts.Select((_, s) => job.SampledOf(s).ToList()).ToArray(), 0, 0);
        while (done < steps && plan.Next() is { } step)
        {
            var tokens = step.Tokens;
            int[] sampled =
            [
                .. tokens.Sequences.Zip(tokens.Positions, (sequence, position) => new SeedStream(seed, "ids", sequence * 100L + position).Next(5)),
            ];
            foreach (var id in SampledId.Of(step, sampled))
            {
                Assert.Equal(job.Prompts[id.Sequence].Ids.Length + ids[id.Sequence].Count, id.Position);
                ids[id.Sequence].Add(id.Id);
                drawn++;
            }
            for (var i = 0; i < tokens.Count; i++)
                Assert.InRange(tokens.CacheRows[i], 0, StepPlan.RowsNeeded(job, 2, tokens.Sequences[i] % 2) - 1);
            plan.Complete(sampled);
            done++;
        }
        return ([.. ids.Select(list => list.ToImmutableArray())], drawn, done);
    }

    private static Job RandomJob(int seed)
    {
        var stream = new SeedStream(seed, "job");
        return new Job
        {
            Prompts = [.. Enumerable.Range(0, 1 + stream.Next(9)).Select(_ => RandomPrompt(stream))],
            Batch = 1 + stream.Next(5),
            PrefillTokens = 1 + stream.Next(12),
            EndId = stream.Next(3) == 0 ? 4 : null,
        };
    }

    private static Prompt RandomPrompt(SeedStream stream)
    {
        var length = 1 + stream.Next(8);
        return new Prompt(
            [.. Enumerable.Range(0, length).Select(_ => stream.Next(5))], stream.Next(length + 1), stream.Next(2) * stream.Next(5),
            (byte)stream.Next(3));
    }
}
