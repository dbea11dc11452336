// What every function of the C ABI shares. A tensor is a pointer to an at::Tensor that the managed side owns; a function that makes one
// returns null when libtorch threw, one that only acts returns 1 then and else 0; moeplace_error tells the message. No exception leaves.
#pragma once

#include <ATen/ATen.h>
#include <torch/version.h>

#include <cstdint>
#include <exception>
#include <new>
#include <optional>

#define MOEPLACE_ABI extern "C" __attribute__((visibility("default")))

using Handle = at::Tensor*;

namespace moeplace {

void note_error(const char* message) noexcept;

template <typename Action>
int attempt(Action&& action) noexcept {
  try {
    action();
    return 0;
  } catch (const c10::Error& e) {
    note_error(e.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    note_error("out of memory");
  } catch (const std::exception& e) {
    note_error(e.what());
  } catch (...) {
    note_error("libtorch failed without a message");
  }
  return 1;
}

template <typename Make>
Handle make(Make&& action) noexcept {
  Handle result = nullptr;
  attempt([&] { result = new at::Tensor(action()); });
  return result;
}

inline at::IntArrayRef sizes(const int64_t* values, int count) { return at::IntArrayRef(values, static_cast<size_t>(count)); }

inline at::ScalarType type(int code) { return static_cast<at::ScalarType>(code); }

// A device as one number: -1 the CPU, n the CUDA device n.
inline at::Device device(int index) { return index < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index)); }

#if TORCH_VERSION_MAJOR >= 2 && TORCH_VERSION_MINOR >= 4
using OptionalTensor = std::optional<at::Tensor>;
#else
using OptionalTensor = c10::optional<at::Tensor>;
#endif
inline OptionalTensor maybe(Handle tensor) { return tensor ? OptionalTensor(*tensor) : OptionalTensor(); }

}  // namespace moeplace
