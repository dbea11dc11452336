// Arithmetic, comparisons, reductions.
#include "abi.h"

using namespace moeplace;

#define UNARY(name) \
  MOEPLACE_ABI Handle moeplace_##name(Handle a) { return make([&] { return at::name(*a); }); }
#define BINARY(name) \
  MOEPLACE_ABI Handle moeplace_##name(Handle a, Handle b) { return make([&] { return at::name(*a, *b); }); }
#define WITH_SCALAR(name) \
  MOEPLACE_ABI Handle moeplace_##name##_scalar(Handle a, double b) { return make([&] { return at::name(*a, number(*a, b)); }); }

namespace {
// A whole number stays one, so that tensors of integers keep their type.
at::Scalar number(const at::Tensor& tensor, double value) {
  const bool whole = !tensor.is_floating_point() && value == static_cast<double>(static_cast<int64_t>(value));
  return whole ? at::Scalar(static_cast<int64_t>(value)) : at::Scalar(value);
}
}  // namespace

UNARY(neg)
UNARY(exp)
UNARY(log)
UNARY(sqrt)
UNARY(rsqrt)
UNARY(sigmoid)
UNARY(silu)
UNARY(relu)
UNARY(tanh)
UNARY(gelu)
UNARY(cos)
UNARY(sin)
UNARY(abs)
UNARY(square)
UNARY(isfinite)
UNARY(isnan)
UNARY(logical_not)

BINARY(add)
BINARY(sub)
BINARY(mul)
BINARY(div)
BINARY(maximum)
BINARY(minimum)
BINARY(eq)
BINARY(ne)
BINARY(lt)
BINARY(le)
BINARY(gt)
BINARY(ge)
BINARY(logical_and)
BINARY(logical_or)
BINARY(matmul)

WITH_SCALAR(add)
WITH_SCALAR(sub)
WITH_SCALAR(mul)
WITH_SCALAR(div)
WITH_SCALAR(pow)
WITH_SCALAR(eq)
WITH_SCALAR(ne)
WITH_SCALAR(lt)
WITH_SCALAR(le)
WITH_SCALAR(gt)
WITH_SCALAR(ge)
WITH_SCALAR(remainder)

MOEPLACE_ABI int moeplace_add_(Handle a, Handle b, double scale) {
  return attempt([&] { a->add_(*b, scale); });
}
MOEPLACE_ABI int moeplace_mul_(Handle a, Handle b) {
  return attempt([&] { a->mul_(*b); });
}
MOEPLACE_ABI int moeplace_mul_scalar_(Handle a, double b) {
  return attempt([&] { a->mul_(b); });
}
MOEPLACE_ABI Handle moeplace_clamp(Handle a, double least, double most) {
  return make([&] { return at::clamp(*a, least, most); });
}
MOEPLACE_ABI Handle moeplace_where(Handle condition, Handle a, Handle b) {
  return make([&] { return at::where(*condition, *a, *b); });
}
MOEPLACE_ABI Handle moeplace_masked_fill(Handle a, Handle mask, double value) {
  return make([&] { return a->masked_fill(*mask, value); });
}
MOEPLACE_ABI Handle moeplace_sum(Handle a) {
  return make([&] { return at::sum(*a); });
}
MOEPLACE_ABI Handle moeplace_sum_dim(Handle a, int64_t dim, int keep) {
  return make([&] { return at::sum(*a, at::IntArrayRef(dim), keep != 0); });
}
MOEPLACE_ABI Handle moeplace_mean(Handle a) {
  return make([&] { return at::mean(*a); });
}
MOEPLACE_ABI Handle moeplace_mean_dim(Handle a, int64_t dim, int keep) {
  return make([&] { return at::mean(*a, at::IntArrayRef(dim), keep != 0); });
}
MOEPLACE_ABI Handle moeplace_amax(Handle a, int64_t dim, int keep) {
  return make([&] { return at::amax(*a, at::IntArrayRef(dim), keep != 0); });
}
MOEPLACE_ABI Handle moeplace_max(Handle a) {
  return make([&] { return at::max(*a); });
}
MOEPLACE_ABI Handle moeplace_argmax(Handle a, int64_t dim, int keep) {
  return make([&] { return at::argmax(*a, dim, keep != 0); });
}
MOEPLACE_ABI Handle moeplace_cumsum(Handle a, int64_t dim) {
  return make([&] { return at::cumsum(*a, dim); });
}
MOEPLACE_ABI Handle moeplace_logsumexp(Handle a, int64_t dim, int keep) {
  return make([&] { return at::logsumexp(*a, at::IntArrayRef(dim), keep != 0); });
}
MOEPLACE_ABI Handle moeplace_softmax(Handle a, int64_t dim) {
  return make([&] { return at::softmax(*a, dim); });
}
MOEPLACE_ABI Handle moeplace_log_softmax(Handle a, int64_t dim) {
  return make([&] { return at::log_softmax(*a, dim); });
}
MOEPLACE_ABI Handle moeplace_all(Handle a) {
  return make([&] { return at::all(*a); });
}
MOEPLACE_ABI Handle moeplace_any(Handle a) {
  return make([&] { return at::any(*a); });
}
MOEPLACE_ABI Handle moeplace_tril(Handle a, int64_t diagonal) {
  return make([&] { return at::tril(*a, diagonal); });
}
