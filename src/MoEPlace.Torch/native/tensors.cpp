// Tensors: how they are made, what they are, how their values come and go.
#include "abi.h"

#include <cstring>

using namespace moeplace;

MOEPLACE_ABI Handle moeplace_empty(const int64_t* shape, int dims, int dtype, int on) {
  return make([&] { return at::empty(sizes(shape, dims), at::TensorOptions().dtype(type(dtype)).device(device(on))); });
}
MOEPLACE_ABI Handle moeplace_full(const int64_t* shape, int dims, double value, int dtype, int on) {
  return make([&] { return at::full(sizes(shape, dims), value, at::TensorOptions().dtype(type(dtype)).device(device(on))); });
}
MOEPLACE_ABI Handle moeplace_arange(int64_t start, int64_t end, int dtype, int on) {
  return make([&] { return at::arange(start, end, at::TensorOptions().dtype(type(dtype)).device(device(on))); });
}

// A copy of `bytes` bytes at `data`, which hold the elements of the shape one after another.
MOEPLACE_ABI Handle moeplace_from_data(const void* data, int64_t bytes, const int64_t* shape, int dims, int dtype, int on) {
  return make([&] {
    auto host = at::empty(sizes(shape, dims), at::TensorOptions().dtype(type(dtype)));
    TORCH_CHECK(static_cast<int64_t>(host.nbytes()) == bytes, "a shape of ", host.nbytes(), " bytes for ", bytes, " bytes of data");
    std::memcpy(host.data_ptr(), data, static_cast<size_t>(bytes));
    return on < 0 ? host : host.to(device(on));
  });
}

MOEPLACE_ABI void moeplace_free(Handle tensor) { delete tensor; }

MOEPLACE_ABI int moeplace_dim(Handle tensor) { return static_cast<int>(tensor->dim()); }
MOEPLACE_ABI void moeplace_shape(Handle tensor, int64_t* shape) {
  const auto all = tensor->sizes();
  std::copy(all.begin(), all.end(), shape);
}
MOEPLACE_ABI int moeplace_dtype(Handle tensor) { return static_cast<int>(tensor->scalar_type()); }
MOEPLACE_ABI int moeplace_device(Handle tensor) { return tensor->is_cpu() ? -1 : static_cast<int>(tensor->get_device()); }
// Bytes of the memory that the tensor looks at, which it may share with others.
MOEPLACE_ABI int moeplace_storage_bytes(Handle tensor, int64_t* bytes) {
  return attempt([&] { *bytes = static_cast<int64_t>(tensor->storage().nbytes()); });
}
// The elements, where they are; for a contiguous tensor on the CPU.
MOEPLACE_ABI void* moeplace_data(Handle tensor) { return tensor->is_cpu() && tensor->is_contiguous() ? tensor->data_ptr() : nullptr; }

MOEPLACE_ABI int moeplace_read(Handle tensor, void* destination, int64_t bytes) {
  return attempt([&] {
    auto host = tensor->detach().to(at::kCPU).contiguous();
    TORCH_CHECK(static_cast<int64_t>(host.nbytes()) == bytes, "a tensor of ", host.nbytes(), " bytes read into ", bytes);
    std::memcpy(destination, host.data_ptr(), static_cast<size_t>(bytes));
  });
}
MOEPLACE_ABI int moeplace_copy_(Handle tensor, Handle source) {
  return attempt([&] { tensor->copy_(*source); });
}
MOEPLACE_ABI int moeplace_fill_(Handle tensor, double value) {
  return attempt([&] { tensor->fill_(value); });
}

MOEPLACE_ABI Handle moeplace_to(Handle tensor, int dtype, int on) {
  return make([&] { return tensor->to(device(on), type(dtype)); });
}
MOEPLACE_ABI Handle moeplace_clone(Handle tensor) {
  return make([&] { return tensor->clone(at::MemoryFormat::Contiguous); });
}
MOEPLACE_ABI Handle moeplace_detach(Handle tensor) {
  return make([&] { return tensor->detach(); });
}
MOEPLACE_ABI Handle moeplace_contiguous(Handle tensor) {
  return make([&] { return tensor->contiguous(); });
}
// The same bytes as elements of another type of the same size.
MOEPLACE_ABI Handle moeplace_view_dtype(Handle tensor, int dtype) {
  return make([&] { return tensor->view(type(dtype)); });
}

MOEPLACE_ABI Handle moeplace_reshape(Handle tensor, const int64_t* shape, int dims) {
  return make([&] { return tensor->reshape(sizes(shape, dims)); });
}
MOEPLACE_ABI Handle moeplace_view(Handle tensor, const int64_t* shape, int dims) {
  return make([&] { return tensor->view(sizes(shape, dims)); });
}
MOEPLACE_ABI Handle moeplace_expand(Handle tensor, const int64_t* shape, int dims) {
  return make([&] { return tensor->expand(sizes(shape, dims)); });
}
MOEPLACE_ABI Handle moeplace_permute(Handle tensor, const int64_t* order, int dims) {
  return make([&] { return tensor->permute(sizes(order, dims)); });
}
MOEPLACE_ABI Handle moeplace_transpose(Handle tensor, int64_t a, int64_t b) {
  return make([&] { return tensor->transpose(a, b); });
}
MOEPLACE_ABI Handle moeplace_unsqueeze(Handle tensor, int64_t dim) {
  return make([&] { return tensor->unsqueeze(dim); });
}
MOEPLACE_ABI Handle moeplace_squeeze(Handle tensor, int64_t dim) {
  return make([&] { return tensor->squeeze(dim); });
}
