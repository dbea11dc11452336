// The blocks of a transformer that are worth one call.
#include "abi.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace moeplace;

namespace {

// The rows of x stand group after group; group g has counts[g] rows, each multiplied by the transpose of weights[g].
// One unbind and one split, so that each has one gradient instead of one for every group.
at::Tensor grouped_linear(const at::Tensor& x, const int64_t* counts, const at::Tensor& weights) {
  const auto groups = weights.size(0);
  const auto parts = x.split_with_sizes(sizes(counts, static_cast<int>(groups)), 0);
  const auto matrices = weights.unbind(0);
  std::vector<at::Tensor> products;
  for (int64_t g = 0; g < groups; g++)
    if (counts[g] > 0) products.push_back(at::mm(parts[static_cast<size_t>(g)], matrices[static_cast<size_t>(g)].t()));
  return products.empty() ? at::zeros({0, weights.size(1)}, x.options()) : at::cat(products, 0);
}

at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, Handle mask, bool causal, double scale) {
  // The queries of a group of heads stand below one another, so that keys and values are multiplied where they are.
  const auto batch = q.size(0), heads = q.size(1), length = q.size(2), keys = k.size(2), groups = k.size(1), each = heads / groups;
  const auto shared = (q * scale).reshape({batch, groups, each * length, q.size(3)});
  auto scores = at::matmul(shared, k.transpose(-2, -1)).view({batch, groups, each, length, keys});
  if (mask) scores = scores + mask->unsqueeze(2);
  if (causal && length > 1) {
    const auto forbidden = at::ones({length, keys}, q.options().dtype(at::kBool)).triu(keys - length + 1);
    scores = scores.masked_fill(forbidden, -std::numeric_limits<float>::infinity());
  }
  const auto shares = at::softmax(scores, -1, at::kFloat).to(q.scalar_type());
  return at::matmul(shares.view({batch, groups, each * length, keys}), v).reshape({batch, heads, length, v.size(3)});
}

}  // namespace

// x / root mean square of its last dimension, times weight; in float32, as the checkpoints' own code does.
MOEPLACE_ABI Handle moeplace_rms_norm(Handle x, Handle weight, double epsilon) {
  return make([&] {
    const auto wide = x->to(at::kFloat);
    const auto scale = at::rsqrt(wide.square().mean({-1}, true) + epsilon);
    return (wide * scale).to(x->scalar_type()) * *weight;
  });
}

MOEPLACE_ABI Handle moeplace_linear(Handle x, Handle weight, Handle bias) {
  return make([&] { return at::linear(*x, *weight, maybe(bias)); });
}

MOEPLACE_ABI Handle moeplace_embedding(Handle weight, Handle ids) {
  return make([&] { return at::embedding(*weight, *ids); });
}

MOEPLACE_ABI Handle moeplace_cross_entropy(Handle logits, Handle targets) {
  return make([&] { return at::cross_entropy_loss(*logits, *targets); });
}

MOEPLACE_ABI Handle moeplace_grouped_linear(Handle x, const int64_t* counts, Handle weights) {
  return make([&] { return grouped_linear(*x, counts, *weights); });
}

// Gated experts: down(silu(gate x) * up x). gate_up holds the rows of gate, then those of up: [groups, 2 I, H]; down is [groups, H, I].
MOEPLACE_ABI Handle moeplace_grouped_experts(Handle x, const int64_t* counts, Handle gate_up, Handle down) {
  return make([&] {
    const auto both = grouped_linear(*x, counts, *gate_up);
    const auto half = both.size(1) / 2;
    const auto inner = at::silu(both.narrow(1, 0, half)) * both.narrow(1, half, half);
    return grouped_linear(inner, counts, *down);
  });
}

// Rotary positions on x [rows, heads, width]; cosine and sine are [rows, width / 2]. Pairs are 2i with 2i + 1, or i with i + width / 2.
MOEPLACE_ABI Handle moeplace_rotary(Handle x, Handle cosine, Handle sine, int interleaved) {
  return make([&] {
    const auto wide = x->to(at::kFloat), c = cosine->unsqueeze(1), s = sine->unsqueeze(1);
    const auto half = x->size(-1) / 2;
    const auto a = interleaved ? wide.slice(-1, 0, c10::nullopt, 2) : wide.narrow(-1, 0, half);
    const auto b = interleaved ? wide.slice(-1, 1, c10::nullopt, 2) : wide.narrow(-1, half, half);
    const auto first = a * c - b * s, second = b * c + a * s;
    const auto turned = interleaved ? at::stack({first, second}, -1).flatten(-2) : at::cat({first, second}, -1);
    return turned.to(x->scalar_type());
  });
}

// Attention over [batch, heads, length, width]; keys and values may have fewer heads, each then serves as many queries as needed.
// mask is added to the scores, or null; causal forbids a query the keys after it, the last query standing at the last key.
MOEPLACE_ABI Handle moeplace_attention(Handle q, Handle k, Handle v, Handle mask, int causal, double scale) {
  return make([&] {
    const auto length = q->size(2), keys = k->size(2);
    // Scores of long prompts do not fit: queries come in blocks, and with a causal order each block sees the keys up to its own end alone.
    constexpr int64_t most_scores = int64_t{1} << 24;
    const auto block = std::max<int64_t>(1, most_scores / std::max<int64_t>(1, q->size(0) * q->size(1) * keys));
    if (mask || block >= length) return attend(*q, *k, *v, mask, causal != 0, scale);
    std::vector<at::Tensor> blocks;
    for (int64_t start = 0; start < length; start += block) {
      const auto rows = std::min(block, length - start);
      const auto seen = causal ? keys - length + start + rows : keys;
      blocks.push_back(attend(q->narrow(2, start, rows), k->narrow(2, 0, seen), v->narrow(2, 0, seen), nullptr, causal != 0, scale));
    }
    return at::cat(blocks, 2);
  });
}
