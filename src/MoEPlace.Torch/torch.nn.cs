using MoEPlace.Torch.Abi;

namespace MoEPlace.Torch;

public static unsafe partial class torch
{
    /// <summary>What models are built of.</summary>
    public static class nn
    {
        /// <summary>Blocks without weights of their own.</summary>
        public static class functional
        {
            /// <summary>x times the transpose of a weight [out, in], plus a bias [out] where there is one.</summary>
            public static Tensor linear(Tensor x, Tensor weight, Tensor? bias = null) =>
                NativeTorch.Made(NativeTorch.linear(Tensor.HandleOf(x), Tensor.HandleOf(weight), Tensor.HandleOf(bias)));

            /// <summary>The rows of a weight [vocabulary, width] that ids name.</summary>
            public static Tensor embedding(Tensor ids, Tensor weight) =>
                NativeTorch.Made(NativeTorch.embedding(Tensor.HandleOf(weight), Tensor.HandleOf(ids)));

            /// <summary>Mean negative log-likelihood of targets [n] under logits [n, classes], in nats.</summary>
            public static Tensor cross_entropy(Tensor logits, Tensor targets) =>
                NativeTorch.Made(NativeTorch.cross_entropy(Tensor.HandleOf(logits), Tensor.HandleOf(targets)));

            /// <summary>x over the root mean square of its last dimension, times a weight (Zhang and Sennrich 2019, equation 4).</summary>
            public static Tensor rms_norm(Tensor x, Tensor weight, double eps) =>
                NativeTorch.Made(NativeTorch.rms_norm(Tensor.HandleOf(x), Tensor.HandleOf(weight), eps));

            /// <summary>Turns pairs of elements of x [rows, heads, width] by angles whose cosine and sine are [rows, width / 2] (Su et al. 2021).</summary>
            /// <param name="x">[rows, heads, width].</param>
            /// <param name="cosine">Float32, times whatever factor.</param>
            /// <param name="sine">Float32, times the same factor.</param>
            /// <param name="interleaved">True when element 2i turns with 2i + 1, false when element i turns with i + width / 2.</param>
            public static Tensor rotary(Tensor x, Tensor cosine, Tensor sine, bool interleaved) =>
                NativeTorch.Made(NativeTorch.rotary(Tensor.HandleOf(x), Tensor.HandleOf(cosine), Tensor.HandleOf(sine), interleaved ? 1 : 0));

            /// <summary>
            /// softmax(scale q k^T + mask) v over [batch, heads, length, width]. Keys and values may have fewer heads (grouped queries) and values
            /// another width. <paramref name="is_causal"/> forbids each query the keys after it, the last query standing at the last key.
            /// </summary>
            public static Tensor scaled_dot_product_attention(Tensor q, Tensor k, Tensor v, double scale, Tensor? mask = null, bool is_causal = false) =>
                NativeTorch.Made(NativeTorch.attention(
                    Tensor.HandleOf(q), Tensor.HandleOf(k), Tensor.HandleOf(v), Tensor.HandleOf(mask), is_causal ? 1 : 0, scale));

            /// <summary>Rows that stand group after group, each group times the transpose of its own matrix.</summary>
            /// <param name="x">[rows, in].</param>
            /// <param name="counts">[groups] rows of each; their sum is the rows of x.</param>
            /// <param name="weights">[groups, out, in].</param>
            public static Tensor grouped_linear(Tensor x, ReadOnlySpan<long> counts, Tensor weights)
            {
                Check(counts, weights);
                fixed (long* first = counts)
                    return NativeTorch.Made(NativeTorch.grouped_linear(Tensor.HandleOf(x), first, Tensor.HandleOf(weights)));
            }

            /// <summary>Gated experts on rows that stand expert after expert: down(silu(gate x) * up x) (Shazeer 2020, SwiGLU).</summary>
            /// <param name="x">[rows, H].</param>
            /// <param name="counts">[experts] rows of each; their sum is the rows of x.</param>
            /// <param name="gateUp">[experts, 2 I, H]: the rows of gate, then those of up.</param>
            /// <param name="down">[experts, H, I].</param>
            public static Tensor grouped_experts(Tensor x, ReadOnlySpan<long> counts, Tensor gateUp, Tensor down)
            {
                Check(counts, gateUp);
                fixed (long* first = counts)
                    return NativeTorch.Made(NativeTorch.grouped_experts(
                        Tensor.HandleOf(x), first, Tensor.HandleOf(gateUp), Tensor.HandleOf(down)));
            }

            private static void Check(ReadOnlySpan<long> counts, Tensor weights)
            {
                if (weights.size(0) != counts.Length)
                    throw new ArgumentException($"{counts.Length} counts for {weights.size(0)} groups", nameof(counts));
            }
        }
    }
}
