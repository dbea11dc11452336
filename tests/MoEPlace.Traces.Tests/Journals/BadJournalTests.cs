using MoEPlace.Traces.Journals;
using MoEPlace.Traces.Tests.BadInput;
using Xunit;

namespace MoEPlace.Traces.Tests.Journals;

/// <summary>Damaged journals. MOEPLACE_FUZZ_SEED sets another seed for a longer hunt.</summary>
public sealed class BadJournalTests
{
    private static readonly long Seed = long.TryParse(Environment.GetEnvironmentVariable("MOEPLACE_FUZZ_SEED"), out var seed) ? seed : 77;

    [Fact]
    public void A_damaged_journal_is_refused_or_reads_as_the_first_rows_of_the_truth()
    {
        var refused = 0;
        for (var i = 0; i < 2_000; i++)
        {
            using var folder = new TempFolder();
            var run = new JournalCase(Seed, i % 40);
            run.Write(folder["j"]);
            var random = new SeedStream(Seed, "which", i);
            var file = random.Next(5) == 0 ? JournalHeader.MetadataPath(folder["j"]) : JournalHeader.RankPath(folder["j"], random.Next(run.Ranks));
            File.WriteAllBytes(file, new Mutator(new SeedStream(Seed, "damage", i)).Damage(File.ReadAllBytes(file)));
            try
            {
                var read = JournalTrace.Write(folder["j"], folder["t"]);
                JournalTruth.Holds(folder["t"], run, (int)read.Tokens);
            }
            catch (InputException e)
            {
                refused++;
                Assert.All(e.Faults, f => Assert.True(f.Allowed.Length > 0 && f.Field.Length > 0));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"journal {i} of seed {Seed}, {Path.GetFileName(file)}", e);
            }
        }
        Assert.InRange(refused, 1_300, 2_000);
    }

    [Fact]
    public void A_missing_or_foreign_file_of_a_rank_is_named()
    {
        using var folder = new TempFolder();
        foreach (var name in new[] { "a", "b" })
        {
            RoutingJournal.Create(folder[name], new JournalHeader(RoutingJournalTests.Plain(1) with { Source = name }, 2, TraceColumns.None));
            for (var rank = 0; rank < 2; rank++)
                using (var journal = new RoutingJournal(folder[name], rank))
                    journal.Complete();
        }
        var (first, second) = (JournalHeader.RankPath(folder["a"], 0), JournalHeader.RankPath(folder["a"], 1));
        File.Copy(first, second, overwrite: true);
        Refused(folder["a"], second, "rank");
        File.Copy(JournalHeader.RankPath(folder["b"], 1), second, overwrite: true);
        Refused(folder["a"], second, "journal");
        File.Delete(second);
        Refused(folder["a"], second, "file");
        var bytes = File.ReadAllBytes(first);
        bytes[JournalHeader.FormatName.Length - 1] = (byte)'2';
        File.WriteAllBytes(first, bytes);
        using (new RoutingJournal(folder["a"], 1))
            Refused(folder["a"], first, "format");
        var metadata = JournalHeader.MetadataPath(folder["b"]);
        File.WriteAllText(metadata, File.ReadAllText(metadata).Replace("journal/1", "journal/2", StringComparison.Ordinal));
        Refused(folder["b"], metadata, "format");
        Assert.Throws<InputException>(() => JournalTrace.Write(folder["nothing"], folder["t"]));
    }

    [Theory]
    [InlineData("twice", "twice")]
    [InlineData("two homes", "twice")]
    [InlineData("earlier token", "after a later step")]
    [InlineData("gap", "nothing recorded")]
    [InlineData("no layer", "no choices of layer 1")]
    [InlineData("no token", "nothing of what the token is")]
    [InlineData("expert", "expert 8")]
    [InlineData("weight", "weight NaN")]
    [InlineData("home", "home 2")]
    [InlineData("phase", "phase 2")]
    [InlineData("domain", "domain 1")]
    [InlineData("sequence", "sequence -1")]
    public void Ranks_that_contradict_themselves_or_each_other_are_refused(string how, string told)
    {
        using var folder = new TempFolder();
        var columns = TraceColumns.GateWeights | TraceColumns.Home | TraceColumns.Phase | TraceColumns.Domain;
        RoutingJournal.Create(folder["j"], new JournalHeader(RoutingJournalTests.Plain(2), 2, columns));
        for (var rank = 0; rank < 2; rank++)
        {
            using var journal = new RoutingJournal(folder["j"], rank);
            Write(journal, rank, how);
            journal.Complete();
        }
        var fault = Assert.Single(Assert.Throws<InputException>(() => JournalTrace.Write(folder["j"], folder["t"])).Faults);
        Assert.Contains(told, fault.Value, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["t"]));
    }

    private static void Refused(string journal, string file, string field)
    {
        var fault = Assert.Single(Assert.Throws<InputException>(() => JournalTrace.Write(journal, journal + ".trace")).Faults);
        Assert.Equal((file, field), (fault.File, fault.Field));
    }

    private static void Write(RoutingJournal journal, int rank, string how)
    {
        long[] mine = [rank, rank + (how == "gap" ? 4 : 2)];
        var bad = rank == 1;
        if (!(bad && how == "no token"))
            journal.Append(0, new JournalTokens
            {
                Ordinals = bad && how == "two homes" ? [0, 3] : mine,
                Sequence = [bad && how == "sequence" ? -1 : 0, 0],
                Position = [0, 0],
                Home = [(ushort)(bad && how == "home" ? 2 : rank), 0],
                Phase = [0, (byte)(bad && how == "phase" ? 2 : 1)],
                Domain = [(byte)(bad && how == "domain" ? 1 : 0), 0],
            });
        Half[] weights = [(Half)0.5, (Half)0.5, bad && how == "weight" ? Half.NaN : (Half)0.5, (Half)0.5];
        ushort[] experts = [0, 1, RoutingTrace.NoExpert, (ushort)(bad && how == "expert" ? 8 : 7)];
        journal.Append(0, 0, mine, experts, weights);
        if (!(bad && how == "no layer"))
            journal.Append(0, 1, mine, experts, weights);
        if (bad && how == "twice")
            journal.Append(0, 1, mine, experts, weights);
        if (bad && how == "earlier token")
            journal.Append(1, 1, mine, experts, weights);
    }
}
