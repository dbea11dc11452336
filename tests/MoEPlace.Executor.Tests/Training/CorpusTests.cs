using System.Runtime.InteropServices;
using MoEPlace.Executor.Training;
using Xunit;

namespace MoEPlace.Executor.Tests.Training;

public sealed class CorpusTests
{
    [Fact]
    public void Reads_texts_in_the_order_of_their_names_and_passes_over_notices()
    {
        using var text = new TinyText();
        Assert.Equal(["code", "verse"], text.Corpus.Domains.Select(d => d.Name));
        var again = Corpus.Read([Path.Combine(text.TextFolder, "verse.txt"), text.TextFolder], 16);
        Assert.Equal(text.Corpus.Digest, again.Digest);
    }

    [Fact]
    public void No_window_of_training_touches_what_is_held_out()
    {
        using var text = new TinyText();
        const int length = 16;
        var seen = new HashSet<int>();
        for (var step = 0; step < 400; step++)
        {
            var (domain, bytes) = text.Corpus.Draw(1, step, 0, length);
            Assert.Equal(length + 1, bytes.Length);
            var whole = text.Corpus.Domains[domain];
            Assert.True(Start(bytes) + length + 1 <= whole.TrainedBytes, $"step {step}");
            seen.Add((domain * 100_000) + Start(bytes));
        }
        Assert.InRange(seen.Count, 300, 400);
        var heldOut = text.Corpus.HeldOut(3, length);
        Assert.Equal(6, heldOut.Length);
        foreach (var (domain, bytes) in heldOut)
            Assert.True(Start(bytes) >= text.Corpus.Domains[domain].TrainedBytes);
        Assert.Equal(heldOut.Length, heldOut.Select(w => (w.Domain, Start(w.Bytes) / length)).Distinct().Count());
        // More than there are: all of them, once.
        var all = text.Corpus.HeldOut(1000, length);
        Assert.Equal(text.Corpus.Domains.Sum(d => (d.HeldOut.Length - 1) / length), all.Length);

        static int Start(ReadOnlyMemory<byte> bytes) => MemoryMarshal.TryGetArray(bytes, out var part) ? part.Offset : -1;
    }

    [Fact]
    public void A_window_follows_from_seed_step_and_place_alone()
    {
        using var text = new TinyText();
        var first = text.Corpus.Draw(5, 7, 3, 16);
        _ = text.Corpus.Draw(5, 8, 3, 16);
        Assert.Equal(first.Bytes.ToArray(), text.Corpus.Draw(5, 7, 3, 16).Bytes.ToArray());
        var others = new[] { text.Corpus.Draw(6, 7, 3, 16), text.Corpus.Draw(5, 8, 3, 16), text.Corpus.Draw(5, 7, 2, 16) };
        Assert.All(others, other => Assert.NotEqual(first.Bytes.ToArray(), other.Bytes.ToArray()));
    }

    [Fact]
    public void Tells_every_text_that_will_not_do()
    {
        using var text = new TinyText();
        var other = Path.Combine(text.Folder, "other");
        Directory.CreateDirectory(other);
        File.WriteAllText(Path.Combine(other, "verse.txt"), new string('v', 1000));
        File.WriteAllText(Path.Combine(other, "short.txt"), "too short");
        var fault = Assert.Throws<InputException>(() => Corpus.Read([text.TextFolder, other, Path.Combine(text.Folder, "nowhere")], 16));
        Assert.Contains("short.txt", fault.Message, StringComparison.Ordinal);
        Assert.Contains("at least 170", fault.Message, StringComparison.Ordinal);
        Assert.Contains("one file of each name", fault.Message, StringComparison.Ordinal);
        Assert.Contains("nowhere", fault.Message, StringComparison.Ordinal);
        var empty = Path.Combine(text.Folder, "empty");
        Directory.CreateDirectory(empty);
        Assert.Contains("at least one text", Assert.Throws<InputException>(() => Corpus.Read([empty], 16)).Message, StringComparison.Ordinal);
    }
}
