using MoEPlace.Placement.Copies;
using Xunit;

namespace MoEPlace.Placement.Tests.Copies;

public sealed unsafe class BitSumsTests
{
    [Fact]
    public void Fast_counts_equal_those_word_by_word()
    {
        var random = new SeedStream(1, "bits");
        for (var round = 0; round < 50; round++)
        {
            var words = BitSums.WordsAtOnce * (1 + random.Next(5));
            var rows = new BitRows(4, words);
            for (var row = 0; row < 4; row++)
                foreach (ref var word in rows.Span(row))
                    word = random.Next(5) switch { 0 => 0, 1 => ulong.MaxValue, _ => random.NextBits() };
            var x = rows.Row(0);
            var y = rows.Row(1);
            var a = rows.Row(2);
            var b = rows.Row(3);
            Assert.Equal(BitSums.SlowPair(x, a, null, words), BitSums.Common(x, a, words));
            Assert.Equal(BitSums.SlowPair(x, a, b, words), BitSums.Common(x, a, b, words));
            Assert.Equal(BitSums.SlowOverlap(x, y, a, b, words), BitSums.Overlap(x, y, a, b, words));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(4097)]
    public void A_row_holds_its_tokens_and_starts_on_a_whole_vector(int tokens)
    {
        var rows = new BitRows(3, BitRows.WordsFor(tokens));
        rows.Set(1, tokens - 1);
        Assert.Equal(1, BitSums.Common(rows.Row(1), rows.Row(1), rows.Words));
        Assert.Equal(0, BitSums.Common(rows.Row(0), rows.Row(0), rows.Words) + BitSums.Common(rows.Row(2), rows.Row(2), rows.Words));
        Assert.All(Enumerable.Range(0, 3), row => Assert.Equal(0UL, (ulong)rows.Row(row) % 64));
    }
}
