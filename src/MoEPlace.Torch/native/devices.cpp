// What machine this is, and how much of it is used.
#include "abi.h"

#include <ATen/Parallel.h>
#ifdef C10_USE_GLOG
#include <glog/logging.h>
#endif

#ifdef MOEPLACE_CUDA
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <cuda_runtime_api.h>
#endif

#include <cstring>

using namespace moeplace;

#ifdef C10_USE_GLOG
namespace {
// What fails is thrown with its message; libtorch's own log would tell it a second time, on the program's standard error.
const bool quiet = [] {
  FLAGS_minloglevel = google::GLOG_FATAL;
  return true;
}();
}  // namespace
#endif

MOEPLACE_ABI const char* moeplace_version() { return TORCH_VERSION; }
MOEPLACE_ABI int moeplace_set_threads(int threads) {
  return attempt([&] { at::set_num_threads(threads); });
}
MOEPLACE_ABI int moeplace_threads() { return at::get_num_threads(); }

MOEPLACE_ABI int moeplace_cuda_devices() {
#ifdef MOEPLACE_CUDA
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
#else
  return 0;
#endif
}

MOEPLACE_ABI int moeplace_cuda_name(int index, char* name, int bytes, int* driver) {
  return attempt([&] {
#ifdef MOEPLACE_CUDA
    std::strncpy(name, at::cuda::getDeviceProperties(index)->name, static_cast<size_t>(bytes - 1));
    name[bytes - 1] = 0;
    TORCH_CHECK(cudaDriverGetVersion(driver) == cudaSuccess, "the driver tells no version");
#else
    TORCH_CHECK(false, "this libtorch was built without CUDA");
#endif
  });
}

MOEPLACE_ABI int moeplace_cuda_synchronize() {
  return attempt([&] {
#ifdef MOEPLACE_CUDA
    TORCH_CHECK(cudaDeviceSynchronize() == cudaSuccess, "a CUDA device failed");
#endif
  });
}

MOEPLACE_ABI int moeplace_cuda_allocated(int index, int64_t* bytes) {
  return attempt([&] {
    *bytes = 0;
#ifdef MOEPLACE_CUDA
    *bytes = c10::cuda::CUDACachingAllocator::getDeviceStats(static_cast<c10::DeviceIndex>(index)).allocated_bytes[0].current;
#endif
  });
}
