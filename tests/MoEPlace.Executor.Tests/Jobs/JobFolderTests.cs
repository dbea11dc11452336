using MoEPlace.Executor.Jobs;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Running;
using MoEPlace.Executor.Tests.Models;
using MoEPlace.Torch;
using Xunit;

namespace MoEPlace.Executor.Tests.Jobs;

public sealed class JobFolderTests : IDisposable
{
    private readonly DurableCase durable = new("mixtral", 2, 1)
    {
        Job = new Job { Prompts = [new([1, 2], 2, 5), new([3], 1, 4), new([4, 5, 6], 0, 3)], EndId = 9 },
    };

    [Fact]
    public void Cut_off_at_any_byte_it_reads_as_the_first_steps_that_are_whole()
    {
        var (path, steps) = (Path.Combine(durable.Folder, "sampled.ids"), Steps());
        List<long> ends = [0];
        using (var kept = durable.Open())
            foreach (var step in steps)
            {
                kept.Append(0, step);
                ends.Add(new FileInfo(path).Length);
            }
        var whole = File.ReadAllBytes(path);
        for (var length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            var left = ends.FindLastIndex(end => end <= length);
            using (var kept = durable.Open())
            {
                Assert.Equal(Lines(steps.Take(left)), DurableCase.Lines(kept.State.Sampled));
                foreach (var step in steps.Skip(left))
                    kept.Append(0, step);
            }
            Assert.True(whole.AsSpan().SequenceEqual(File.ReadAllBytes(path)), $"cut at {length}");
        }
    }

    [Fact]
    public void Damaged_anywhere_it_reads_as_the_first_steps_or_is_refused()
    {
        var (path, steps) = (Path.Combine(durable.Folder, "sampled.ids"), Steps());
        using (var kept = durable.Open())
            foreach (var step in steps)
                kept.Append(0, step);
        var whole = File.ReadAllBytes(path);
        string[][] first = [.. Enumerable.Range(0, steps.Length + 1).Select(count => Lines(steps.Take(count)))];
        for (var at = 0; at < whole.Length; at++)
        {
            var damaged = (byte[])whole.Clone();
            damaged[at] ^= (byte)(1 << (at % 8));
            File.WriteAllBytes(path, damaged);
            using var kept = durable.Open();
            var lines = DurableCase.Lines(kept.State.Sampled);
            Assert.True(first.Any(lines.SequenceEqual), $"byte {at}: {string.Join(" | ", lines)}");
        }
    }

    [Theory]
    [InlineData(3, 3, 1, "sequence = 3; allowed: 0 to 2")]
    [InlineData(1, 2, 1, "an id at position 2\"; allowed: position 1, the next")]
    [InlineData(0, 3, 1, "none: the sequence has ended")]
    public void What_the_job_cannot_have_sampled_is_refused(int sequence, int position, int id, string told)
    {
        using (var kept = durable.Open())
            kept.Append(0, [new(0, 2, 9), new(sequence, position, id)]);
        Assert.Contains(told, Assert.Throws<InputException>(() => durable.Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_job_is_refused_with_every_difference()
    {
        durable.Open().Dispose();
        var other = durable.Job with { Prompts = durable.Job.Prompts.RemoveAt(1), EndId = null, Temperature = 0.5, TopP = 0.5, Seed = 2 };
        var refusal = Assert.Throws<InputException>(() => durable.Open(other, ScalarType.BFloat16));
        Assert.Equal(["type", "sequences", "promptsDigest", "endId", "temperature", "topP", "seed"], refusal.Faults.Select(fault => fault.Field));
        // What changes no id may change.
        durable.Open(durable.Job with { Batch = 1, PrefillTokens = 1 }).Dispose();
    }

    [Fact]
    public void Another_model_of_the_same_shape_is_refused()
    {
        durable.Open().Dispose();
        using var trained = new ModelFolder("mixtral").Rewrite(tensors =>
        {
            tensors["lm_head.weight"].Floats[0] += 1;
            return tensors;
        });
        using var checkpoint = Checkpoint.Open(trained.Path);
        var refusal = Assert.Throws<InputException>(() => JobFolder.Open(
            durable.Folder, checkpoint, ScalarType.Float32, durable.Job, Placements.Contiguous(durable.Config, 2)));
        Assert.Equal("modelDigest", Assert.Single(refusal.Faults).Field);
    }

    [Fact]
    public void One_run_at_a_time_holds_it()
    {
        using var kept = durable.Open();
        Assert.Contains("no other run holds", Assert.Throws<InputException>(() => durable.Open()).Message, StringComparison.Ordinal);
        Assert.Contains("no other run holds", Assert.Single(Look().Faults).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_epoch_of_record_is_the_last_that_was_recorded()
    {
        var placements = Enumerable.Range(0, 3).Select(i => Placements.Random(durable.Config, 2, new SeedStream(i, "placement"))).ToArray();
        using (var kept = durable.Open())
        {
            Assert.Equal((0, Placements.Contiguous(durable.Config, 2)), (kept.State.Epoch.Number, kept.State.Epoch.Placement));
            for (var i = 0; i < placements.Length; i++)
                kept.Record(new(i + 1, placements[i]));
        }
        using (var kept = durable.Open())
            Assert.Equal((3, placements[2]), (kept.State.Epoch.Number, kept.State.Epoch.Placement));
        Assert.Contains("ranks = 3; allowed: 2", Assert.Single(Look(3).Faults).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Something_else_in_the_folder_is_left_alone()
    {
        Directory.CreateDirectory(durable.Folder);
        File.WriteAllText(Path.Combine(durable.Folder, "letter"), "dear");
        Assert.Contains("a new or empty folder", Assert.Throws<InputException>(() => durable.Open()).Message, StringComparison.Ordinal);
        Assert.Equal(["letter"], Directory.EnumerateFileSystemEntries(durable.Folder).Select(Path.GetFileName));
        File.Move(Path.Combine(durable.Folder, "letter"), Path.Combine(durable.Folder, "job.json"), overwrite: true);
        Assert.Throws<InputException>(() => durable.Open());
    }

    [Fact]
    public void A_start_that_was_cut_off_begins_again()
    {
        durable.Open().Dispose();
        File.Delete(Path.Combine(durable.Folder, "sampled.ids"));
        File.Move(Path.Combine(durable.Folder, "job.json"), Path.Combine(durable.Folder, "job.json.17.part"));
        using var kept = durable.Open();
        Assert.Equal((0, 0L), (kept.State.Epoch.Number, kept.State.Ids));
    }

    [Fact]
    public void Looking_makes_nothing_and_tells_all_faults()
    {
        Assert.Empty(Look().Faults);
        Assert.False(Directory.Exists(durable.Folder));
        durable.Open().Dispose();
        var (state, faults) = Look();
        Assert.Empty(faults);
        Assert.Equal(0, state!.Epoch.Number);
        Assert.Equal(2, Look(3, durable.Job with { Prompts = [new([1], 1)] }).Faults.Count(fault => fault.Field is "--job" or "sequences"));
    }

    public void Dispose() => durable.Dispose();

    private (JobState? State, InputFault[] Faults) Look(int ranks = 2, Job? job = null)
    {
        using var checkpoint = Checkpoint.Open(Layouts.Folder("mixtral"));
        var faults = new InputFaults("run");
        var state = JobFolder.Look(durable.Folder, checkpoint, ScalarType.Float32, job ?? durable.Job, ranks, null, null, faults);
        return (state, [.. faults.ToImmutable()]);
    }

    /// <summary>What the steps of the job sampled.</summary>
    private static SampledId[][] Steps() =>
        [[new(0, 2, 7), new(1, 1, 4)], [new(0, 3, 1), new(1, 2, 9), new(2, 3, 5)], [new(0, 4, 2), new(2, 4, 3)], [new(2, 5, 0)], [new(0, 5, 9)]];

    private static string[] Lines(IEnumerable<SampledId[]> steps)
    {
        var all = steps.SelectMany(step => step).ToArray();
        return [.. Enumerable.Range(0, 3).Select(s => string.Join(' ', all.Where(id => id.Sequence == s).Select(id => id.Id)))];
    }
}
