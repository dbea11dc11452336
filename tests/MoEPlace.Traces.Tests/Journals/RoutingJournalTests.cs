using MoEPlace.Traces.Journals;
using Xunit;

namespace MoEPlace.Traces.Tests.Journals;

public sealed class RoutingJournalTests
{
    private const long Seed = 4_1;

    [Fact]
    public void The_trace_of_all_ranks_is_what_was_run()
    {
        for (var index = 0; index < 150; index++)
        {
            using var folder = new TempFolder();
            var run = new JournalCase(Seed, index);
            var result = JournalTrace.Write(run.Write(folder["j"]), folder["t"]);
            try
            {
                JournalTruth.Holds(folder["t"], run, run.Truth.Count);
                Assert.Empty(result.Notes);
                Assert.Equal((run.Truth.Count, run.Truth.Sequence.Distinct().Count()), (result.Tokens, result.Sequences));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"run {index} of seed {Seed}", e);
            }
        }
    }

    [Fact]
    public void Killed_at_any_byte_it_reads_as_the_first_rows_that_are_whole()
    {
        var some = 0;
        for (var index = 0; index < 60; index++)
        {
            using var folder = new TempFolder();
            var run = new JournalCase(Seed, 1000 + index);
            var whole = JournalTruth.Lengths(run.Write(folder["j"]), run);
            var random = new SeedStream(Seed, "cuts", index);
            for (var cut = 0; cut < 12; cut++)
            {
                var late = random.Next(2) == 0;
                long[] lengths = [.. whole.Select(n => random.Next(3) == 0 ? n : late ? n - random.Next((int)Math.Min(n, 200)) : random.Next((int)n + 1))];
                var rows = run.RowsLeft(lengths);
                some += rows > 0 && rows < run.Truth.Count ? 1 : 0;
                try
                {
                    Reads(JournalTruth.Cut(folder["j"], folder["cut"], lengths), folder["t"], run, rows);
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"run {index}, cut {cut} of seed {Seed}: {string.Join(", ", lengths)}", e);
                }
            }
        }
        Assert.InRange(some, 100, int.MaxValue);
    }

    [Fact]
    public void Cut_at_every_single_byte_no_row_is_made_up()
    {
        using var folder = new TempFolder();
        var run = new JournalCase(Seed, Enumerable.Range(0, 1000).First(i => new JournalCase(Seed, i) is { Ranks: 2, Truth.Count: > 4 and < 12 }));
        var whole = JournalTruth.Lengths(run.Write(folder["j"]), run);
        for (var length = 0L; length <= whole[1]; length++)
            Reads(
                JournalTruth.Cut(folder["j"], folder["cut"], [whole[0], length]), folder["t"], run, run.RowsLeft([whole[0], length]));
    }

    [Fact]
    public void A_journal_opens_like_a_trace_and_leaves_no_file()
    {
        using var folder = new TempFolder();
        var run = new JournalCase(Seed, 7);
        run.Write(folder["j"]);
        JournalTrace.Write(folder["j"], folder["t"]);
        var temporary = Directory.CreateDirectory(folder["temporary"]).FullName;
        var (trace, notes) = JournalTrace.Open(folder["j"], temporary);
        using (trace)
        {
            Assert.Empty(notes);
            Assert.Equal(folder["j"], trace.Path);
            JournalTruth.Holds(trace, run, run.Truth.Count);
            using var same = RoutingTrace.Open(folder["t"]);
            Assert.Equal(same.Digest, trace.Digest);
            Assert.Single(Directory.GetFiles(temporary));
        }
        Assert.Empty(Directory.GetFiles(temporary));
        File.Delete(JournalHeader.RankPath(folder["j"], 0));
        Assert.Throws<InputException>(() => JournalTrace.Open(folder["j"], temporary));
        Assert.Empty(Directory.GetFiles(temporary));
    }

    [Fact]
    public void What_a_running_job_has_flushed_can_be_read()
    {
        using var folder = new TempFolder();
        RoutingJournal.Create(folder["j"], new JournalHeader(Plain(2), 1, TraceColumns.None));
        using var journal = new RoutingJournal(folder["j"], 0);
        for (var step = 0; step < 3; step++)
        {
            AppendStep(journal, step, step, 1, 2);
            journal.Flush();
            var result = JournalTrace.Write(folder["j"], folder["t"]);
            Assert.Equal(step + 1, result.Tokens);
            Assert.Contains("0 tokens", Assert.Single(result.Notes), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void More_tokens_than_a_frame_holds_are_split_and_the_buffer_flushes_itself()
    {
        using var folder = new TempFolder();
        RoutingJournal.Create(folder["j"], new JournalHeader(Plain(2), 1, TraceColumns.None));
        const int tokens = 100_000;
        using (var journal = new RoutingJournal(folder["j"], 0))
        {
            AppendStep(journal, 0, 0, tokens, 2);
            AppendStep(journal, 5, tokens, 3, 2);
            journal.Complete();
        }
        Assert.Equal(tokens + 3, JournalTrace.Write(folder["j"], folder["t"]).Tokens);
        using var trace = RoutingTrace.Open(folder["t"]);
        Assert.Equal(Enumerable.Range(0, tokens + 3), Importers.Rows.Positions(trace));
    }

    [Fact]
    public void Neither_writing_nor_reading_allocates_more_for_more_steps()
    {
        // Less than 8 bytes a step: what the runtime itself does on the thread now and then.
        const long most = 28_000;
        using var folder = new TempFolder();
        var header = new JournalHeader(Plain(3), 1, TraceColumns.None);
        Assert.InRange(Record("few", 400), 0, most);
        Assert.InRange(Record("many", 4_000), 0, most);
        _ = Read("few");
        Assert.InRange(Read("many") - Read("few"), -most, most);

        long Record(string name, int steps)
        {
            RoutingJournal.Create(folder[name], header);
            using var journal = new RoutingJournal(folder[name], 0);
            var (ordinals, numbers, experts) = (new long[64], new int[64], new ushort[64 * 2]);
            AppendAll(journal, -1);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var step = 0; step < steps; step++)
                AppendAll(journal, step);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            journal.Complete();
            return allocated;

            void AppendAll(RoutingJournal journal, int step)
            {
                for (var i = 0; i < ordinals.Length; i++)
                    ordinals[i] = (step + 1) * 64L + i;
                journal.Append(step + 1, new JournalTokens { Ordinals = ordinals, Sequence = numbers, Position = numbers });
                for (var layer = 0; layer < 3; layer++)
                    journal.Append(step + 1, layer, ordinals, experts, []);
                journal.Flush();
            }
        }

        long Read(string name)
        {
            using var merge = new JournalMerge(folder[name]);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var rows = 0;
            merge.Run(window => rows += window.Complete);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(name == "few" ? 401 * 64 : 4_001 * 64, rows);
            return allocated;
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused_by_the_writer()
    {
        using var folder = new TempFolder();
        var header = new JournalHeader(Plain(2), 1, TraceColumns.Phase);
        RoutingJournal.Create(folder["j"], header);
        Assert.Throws<InputException>(() => RoutingJournal.Create(folder["j"], header));
        Assert.Throws<InputException>(() => new RoutingJournal(folder["j"], 1));
        Assert.Throws<InputException>(() => new RoutingJournal(folder["none"], 0));
        Assert.Throws<InputException>(() => RoutingJournal.Create(folder["k"], header with { Ranks = 0 }));
        using var journal = new RoutingJournal(folder["j"], 0);
        Assert.Throws<InputException>(() => new RoutingJournal(folder["j"], 0));
        Assert.Throws<ArgumentException>(() => journal.Append(0, new JournalTokens { Ordinals = [0], Sequence = [0], Position = [0] }));
        Assert.Throws<ArgumentException>(() => journal.Append(0, new JournalTokens { Ordinals = [0], Sequence = [0], Position = [], Phase = [0] }));
        Assert.Throws<ArgumentException>(() => journal.Append(0, 2, [0], [0, 1], []));
        Assert.Throws<ArgumentException>(() => journal.Append(0, 0, [0], [0], []));
        Assert.Throws<ArgumentException>(() => journal.Append(0, 0, [0], [0, 1], [(Half)1, (Half)1]));
        Assert.Throws<ArgumentException>(() => journal.Append(0, 0, [0, 1L << 40], [0, 1, 0, 1], []));
        journal.Append(3, 0, [0], [0, 1], []);
        Assert.Throws<ArgumentException>(() => journal.Append(2, 0, [1], [0, 1], []));
        journal.Complete();
        Assert.Throws<InvalidOperationException>(() => journal.Append(4, 0, [1], [0, 1], []));
    }

    internal static TraceHeader Plain(int layers) => new(
        new MoEModel("m", layers, [.. Enumerable.Range(0, layers)], 8, 2), TraceOrigin.Measured, "", "", ChoiceOrder.ByWeight, []);

    private static void AppendStep(RoutingJournal journal, int step, int first, int count, int layers)
    {
        long[] ordinals = [.. Enumerable.Range(first, count)];
        journal.Append(step, new JournalTokens { Ordinals = ordinals, Sequence = new int[count], Position = [.. ordinals.Select(o => (int)o)] });
        for (var layer = 0; layer < layers; layer++)
            journal.Append(step, layer, ordinals, new ushort[count * 2], []);
    }

    private static void Reads(string journal, string output, JournalCase run, int rows)
    {
        if (rows > 0)
        {
            JournalTrace.Write(journal, output);
            JournalTruth.Holds(output, run, rows);
            return;
        }
        var fault = Assert.Single(Assert.Throws<InputException>(() => JournalTrace.Write(journal, output)).Faults);
        Assert.Equal(("tokens", "0"), (fault.Field, fault.Value));
    }
}
