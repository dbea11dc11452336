using System.IO.Compression;
using MoEPlace.Service.Decisions;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Service.Tests.Decisions;

/// <summary>A decision with all that it was made of.</summary>
public sealed class DecisionRecordTests
{
    [Fact]
    public void A_record_decides_the_same_again_and_packs_to_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        var (input, trace, decision) = Made(folder);
        var record = DecisionRecord.Pack(input, trace, decision);
        Assert.Equal(record, DecisionRecord.Pack(input, trace, decision));
        var (onRecord, again) = DecisionRecord.Replay(record, "record.zip", TestContext.Current.CancellationToken);
        Assert.Equal(decision, onRecord);
        Assert.Equal(onRecord, again);
        var other = DecisionRecord.Replay(DecisionRecord.Pack(input, trace, decision with { GainSeconds = 1 }), "record.zip", TestContext.Current.CancellationToken);
        Assert.NotEqual(other.OnRecord, other.Again);
    }

    [Fact]
    public void What_is_no_record_is_refused_with_its_faults()
    {
        using var folder = new TemporaryFolder();
        var (input, trace, decision) = Made(folder);
        Assert.Contains("archive", Faults([1, 2, 3]));
        Assert.Contains("archive", Faults([]));
        Assert.Equal(["routing.safetensors", "decision.json", "entry"], Faults(Zip(("input.json", "{}"), ("x", ""))));
        Assert.NotEmpty(Faults(Zip(("input.json", "{}"), ("decision.json", "[]"), ("routing.safetensors", ""))));
        Assert.Contains("number", Faults(DecisionRecord.Pack(input with { Number = -1 }, trace, decision)));
        Assert.NotEmpty(Faults(DecisionRecord.Pack(input, trace.AsSpan(0, trace.Length / 2), decision)));
        Assert.Contains("decision.format", Faults(DecisionRecord.Pack(input, trace, decision with { Format = "another" })));
    }

    [Fact]
    public void A_record_that_was_changed_anywhere_is_refused_or_replayed_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        var (input, trace, decision) = Made(folder);
        var record = DecisionRecord.Pack(input with { Policy = input.Policy with { SearchIterations = 1 } }, trace, decision);
        for (var seed = 0; seed < 80; seed++)
        {
            var random = new SeedStream(seed, "record-fuzz");
            var changed = record.ToArray();
            for (var i = 0; i <= random.Next(4); i++)
                changed[random.Next(4) == 0 ? changed.Length - 1 - random.Next(400) : random.Next(changed.Length)] = (byte)random.Next(256);
            if (random.Next(8) == 0)
                changed = changed[..random.Next(changed.Length)];
            try
            {
                DecisionRecord.Replay(changed, "record.zip", TestContext.Current.CancellationToken);
            }
            catch (InputException e)
            {
                Assert.NotEmpty(e.Faults);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}");
            }
        }
    }

    private static IEnumerable<string> Faults(byte[] record) =>
        Assert.Throws<InputException>(() => DecisionRecord.Replay(record, "record.zip", TestContext.Current.CancellationToken)).Faults.Select(fault => fault.Field);

    private static byte[] Zip(params (string Name, string Text)[] entries)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, text) in entries)
            {
                using var writer = new StreamWriter(archive.CreateEntry(name).Open());
                writer.Write(text);
            }
        return stream.ToArray();
    }

    private static (DecisionInput Input, byte[] Trace, Decision Decision) Made(TemporaryFolder folder)
    {
        var input = MadeDecision.Input(new(SearchIterations: 1));
        MadeDecision.Write(folder.File("window"));
        using var window = RoutingTrace.Open(folder.File("window"));
        return (input, File.ReadAllBytes(folder.File("window")), Decider.Decide(input, window, TestContext.Current.CancellationToken));
    }
}
