// Picking, sorting, putting together.
#include "abi.h"

#include <vector>

using namespace moeplace;

namespace {
std::vector<at::Tensor> list(Handle* tensors, int count) {
  std::vector<at::Tensor> all;
  all.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; i++) all.push_back(*tensors[i]);
  return all;
}
}  // namespace

MOEPLACE_ABI Handle moeplace_select(Handle a, int64_t dim, int64_t index) {
  return make([&] { return a->select(dim, index); });
}
MOEPLACE_ABI Handle moeplace_narrow(Handle a, int64_t dim, int64_t start, int64_t length) {
  return make([&] { return a->narrow(dim, start, length); });
}
MOEPLACE_ABI Handle moeplace_index_select(Handle a, int64_t dim, Handle index) {
  return make([&] { return at::index_select(*a, dim, *index); });
}
MOEPLACE_ABI Handle moeplace_gather(Handle a, int64_t dim, Handle index) {
  return make([&] { return at::gather(*a, dim, *index); });
}
MOEPLACE_ABI Handle moeplace_scatter(Handle a, int64_t dim, Handle index, Handle source) {
  return make([&] { return at::scatter(*a, dim, *index, *source); });
}
MOEPLACE_ABI Handle moeplace_scatter_add(Handle a, int64_t dim, Handle index, Handle source) {
  return make([&] { return at::scatter_add(*a, dim, *index, *source); });
}
MOEPLACE_ABI Handle moeplace_index_add(Handle a, int64_t dim, Handle index, Handle source) {
  return make([&] { return at::index_add(*a, dim, *index, *source); });
}
MOEPLACE_ABI int moeplace_index_add_(Handle a, int64_t dim, Handle index, Handle source) {
  return attempt([&] { a->index_add_(dim, *index, *source); });
}
MOEPLACE_ABI int moeplace_index_copy_(Handle a, int64_t dim, Handle index, Handle source) {
  return attempt([&] { a->index_copy_(dim, *index, *source); });
}
// a[rows[i], columns[i]] = source[i], for tensors whose first two dimensions are named so.
MOEPLACE_ABI int moeplace_index_put_pairs_(Handle a, Handle rows, Handle columns, Handle source) {
  return attempt([&] { a->index_put_({*rows, *columns}, *source); });
}
// a[rows[i], columns[i]], for all i.
MOEPLACE_ABI Handle moeplace_index_pairs(Handle a, Handle rows, Handle columns) {
  return make([&] { return a->index({*rows, *columns}); });
}
MOEPLACE_ABI Handle moeplace_nonzero(Handle a) {
  return make([&] { return at::nonzero(*a); });
}
MOEPLACE_ABI int moeplace_topk(Handle a, int64_t k, int64_t dim, Handle* values, Handle* indices) {
  return attempt([&] {
    auto [v, i] = at::topk(*a, k, dim, /*largest=*/true, /*sorted=*/true);
    *values = new at::Tensor(v);
    *indices = new at::Tensor(i);
  });
}
MOEPLACE_ABI int moeplace_sort(Handle a, int64_t dim, int descending, Handle* values, Handle* indices) {
  return attempt([&] {
    auto [v, i] = at::sort(*a, /*stable=*/true, dim, descending != 0);
    *values = new at::Tensor(v);
    *indices = new at::Tensor(i);
  });
}
MOEPLACE_ABI Handle moeplace_bincount(Handle a, int64_t least) {
  return make([&] { return at::bincount(*a, {}, least); });
}
MOEPLACE_ABI Handle moeplace_one_hot(Handle a, int64_t classes) {
  return make([&] { return at::one_hot(*a, classes); });
}
MOEPLACE_ABI Handle moeplace_repeat_interleave(Handle a, int64_t repeats, int64_t dim) {
  return make([&] { return a->repeat_interleave(repeats, dim); });
}
MOEPLACE_ABI Handle moeplace_flip(Handle a, int64_t dim) {
  return make([&] { return a->flip(dim); });
}
MOEPLACE_ABI Handle moeplace_cat(Handle* tensors, int count, int64_t dim) {
  return make([&] { return at::cat(list(tensors, count), dim); });
}
MOEPLACE_ABI Handle moeplace_stack(Handle* tensors, int count, int64_t dim) {
  return make([&] { return at::stack(list(tensors, count), dim); });
}
