using Xunit;
using static MoEPlace.Torch.torch.nn.functional;

namespace MoEPlace.Torch.Tests;

public sealed class TensorTests
{
    [Fact]
    public void Values_come_back_as_they_went_in()
    {
        using var scope = torch.NewDisposeScope();
        float[] values = [1, 2, 3, 4, 5, 6];
        var matrix = torch.tensor<float>(values, [2, 3]);
        Assert.Equal([2, 3], matrix.shape);
        Assert.Equal([1, 4, 2, 5, 3, 6], matrix.transpose(0, 1).ToArray<float>());
        Assert.Equal(21, matrix.sum().item());
        Assert.Equal(values, matrix.AsSpan<float>().ToArray());
    }

    [Fact]
    public void A_failure_tells_the_message_of_libtorch()
    {
        using var scope = torch.NewDisposeScope();
        var error = Assert.Throws<TorchException>(() => torch.ones([2, 3]).matmul(torch.ones([2, 3])));
        Assert.Contains("2x3", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => torch.tensor([1m], [1]));
        Assert.Throws<TorchException>(() => torch.tensor<float>([1, 2], [3]));
    }

    [Fact]
    public void A_scope_frees_what_was_made_in_it_but_not_what_was_moved_out()
    {
        Tensor inner, moved, kept;
        using (torch.NewDisposeScope())
        {
            using (torch.NewDisposeScope())
            {
                inner = torch.ones([2]);
                moved = torch.ones([2]).MoveToOuterDisposeScope();
                kept = torch.ones([2]).DetachFromDisposeScope();
            }
            Assert.Throws<ObjectDisposedException>(() => inner.sum());
            Assert.Equal(2, moved.sum().item());
        }
        Assert.Throws<ObjectDisposedException>(() => moved.sum());
        Assert.Equal(2, kept.sum().item());
        kept.Dispose();
    }

    [Fact]
    public void Scopes_must_end_in_reverse_order()
    {
        var outer = torch.NewDisposeScope();
        var inner = torch.NewDisposeScope();
        Assert.Throws<InvalidOperationException>(outer.Dispose);
        inner.Dispose();
        outer.Dispose();
    }

    [Fact]
    public void Grouped_experts_equal_experts_one_by_one()
    {
        using var scope = torch.NewDisposeScope();
        var stream = new SeedStream(1, "grouped");
        var (x, gateUp, down) = (Random(stream, 7, 4), Random(stream, 3, 10, 4), Random(stream, 3, 4, 5));
        long[] counts = [3, 0, 4];
        var expected = new List<Tensor>();
        for (int expert = 0, row = 0; expert < 3; row += (int)counts[expert++])
        {
            var rows = x.narrow(0, row, counts[expert]);
            var both = linear(rows, gateUp.select(0, expert));
            expected.Add(linear(both.narrow(1, 0, 5).silu() * both.narrow(1, 5, 5), down.select(0, expert)));
        }
        var difference = (grouped_experts(x, counts, gateUp, down) - torch.cat([.. expected])).abs().max().item();
        Assert.True(difference < 1e-6, $"{difference}");
        Assert.Throws<TorchException>(() => grouped_experts(x, [3, 0, 5], gateUp, down));
        Assert.Throws<ArgumentException>(() => grouped_experts(x, [3, 4], gateUp, down));
        Assert.Equal([0, 4], grouped_experts(x.narrow(0, 0, 0), [0, 0, 0], gateUp, down).shape);
    }

    [Theory]
    [InlineData(4, 4)]
    [InlineData(4, 2)]
    [InlineData(6, 1)]
    public void Attention_equals_a_loop_over_queries(int heads, int groups)
    {
        using var scope = torch.NewDisposeScope();
        var stream = new SeedStream(2, "attention", heads * 10 + groups);
        const int Queries = 3, Keys = 5, Width = 4, ValueWidth = 3;
        var (q, k, v) = (Random(stream, 1, heads, Queries, Width), Random(stream, 1, groups, Keys, Width), Random(stream, 1, groups, Keys, ValueWidth));
        var got = scaled_dot_product_attention(q, k, v, 0.5, is_causal: true);
        Assert.Equal([1, heads, Queries, ValueWidth], got.shape);
        for (var head = 0; head < heads; head++)
        {
            for (var query = 0; query < Queries; query++)
            {
                var seen = Keys - Queries + query + 1;
                var (keys, values) = (k.select(0, 0).select(0, head * groups / heads), v.select(0, 0).select(0, head * groups / heads));
                var scores = (keys.narrow(0, 0, seen) * q.select(0, 0).select(0, head).select(0, query)).sum(1) * 0.5;
                var expected = (scores.softmax(0).unsqueeze(1) * values.narrow(0, 0, seen)).sum(0);
                var difference = (got.select(0, 0).select(0, head).select(0, query) - expected).abs().max().item();
                Assert.True(difference < 1e-6, $"head {head}, query {query}: {difference}");
            }
        }
    }

    [Fact]
    public void Attention_over_many_keys_in_blocks_equals_attention_query_by_query()
    {
        using var scope = torch.NewDisposeScope();
        const int Queries = 4200, Keys = 4300;
        var stream = new SeedStream(3, "blocks");
        var (q, k, v) = (Random(stream, 1, 1, Queries, 2), Random(stream, 1, 1, Keys, 2), Random(stream, 1, 1, Keys, 3));
        foreach (var causal in new[] { true, false })
        {
            var got = scaled_dot_product_attention(q, k, v, 3, is_causal: causal);
            foreach (var query in new[] { 0, 1, 3899, 3900, 3901, 3902, Queries - 1 })
            {
                var seen = causal ? Keys - Queries + query + 1 : Keys;
                var alone = scaled_dot_product_attention(q.narrow(2, query, 1), k.narrow(2, 0, seen), v.narrow(2, 0, seen), 3);
                Assert.InRange((got.narrow(2, query, 1) - alone).abs().max().item(), 0, 1e-5);
            }
        }
    }

    [Fact]
    public void No_threads_is_a_failure_and_no_crash() => Assert.Throws<TorchException>(() => torch.set_num_threads(0));

    internal static Tensor Random(SeedStream stream, params long[] shape)
    {
        var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(stream.NextDouble() * 2 - 1);
        return torch.tensor<float>(values, shape);
    }
}
