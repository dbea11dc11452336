// c10d: the rendezvous store and the collectives of a group of processes.
#include "abi.h"

// libtorch's headers show a back end only to those who name it, and need that back end's own headers.
#if __has_include(<gloo/algorithm.h>)
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif
#if defined(MOEPLACE_CUDA) && __has_include(<nccl.h>)
#define USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <chrono>
#include <cstring>
#include <vector>

using namespace moeplace;
using Store = c10::intrusive_ptr<c10d::TCPStore>;

namespace {

// What this file needs of a group is the same in both back ends, whatever base class a version of libtorch gives them.
struct Group {
#ifdef USE_C10D_GLOO
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;
#endif
#ifdef USE_C10D_NCCL
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> nccl;
#endif
  template <typename Call>
  void run(Call&& call) {
#ifdef USE_C10D_NCCL
    if (nccl) {
      call(*nccl)->wait();
      return;
    }
#endif
#ifdef USE_C10D_GLOO
    call(*gloo)->wait();
#endif
  }
};

// Collectives move bits; bfloat16 is not among the types that Gloo knows everywhere.
at::Tensor bits(const at::Tensor& tensor) { return tensor.scalar_type() == at::kBFloat16 ? tensor.view(at::kHalf) : tensor; }

}  // namespace

MOEPLACE_ABI Store* moeplace_store(const char* host, int port, int is_server, int64_t timeout_milliseconds) {
  Store* result = nullptr;
  attempt([&] {
    c10d::TCPStoreOptions options;
    options.port = static_cast<std::uint16_t>(port);
    options.isServer = is_server != 0;
    options.waitWorkers = false;
    options.timeout = std::chrono::milliseconds(timeout_milliseconds);
    result = new Store(c10::make_intrusive<c10d::TCPStore>(host, options));
  });
  return result;
}
MOEPLACE_ABI void moeplace_store_free(Store* store) { delete store; }
MOEPLACE_ABI int moeplace_store_port(Store* store) { return (*store)->getPort(); }
MOEPLACE_ABI int moeplace_store_set(Store* store, const char* key, const uint8_t* value, int64_t bytes) {
  return attempt([&] { (*store)->set(key, std::vector<uint8_t>(value, value + bytes)); });
}
MOEPLACE_ABI int moeplace_store_has(Store* store, const char* key, int* has) {
  return attempt([&] { *has = (*store)->check({key}) ? 1 : 0; });
}
// Copies at most `bytes` bytes and tells how many there are.
MOEPLACE_ABI int moeplace_store_get(Store* store, const char* key, uint8_t* value, int64_t bytes, int64_t* length) {
  return attempt([&] {
    const auto found = (*store)->get(key);
    *length = static_cast<int64_t>(found.size());
    std::memcpy(value, found.data(), static_cast<size_t>(std::min(bytes, *length)));
  });
}

// Groups of one store have prefixes of their own, so that each finds the addresses of its own members alone.
MOEPLACE_ABI Group* moeplace_group(
    Store* store, const char* prefix, int rank, int size, int64_t timeout_milliseconds, const char* address, int use_nccl) {
  Group* result = nullptr;
  attempt([&] {
    auto group = std::make_unique<Group>();
    const c10::intrusive_ptr<c10d::Store> keys = c10::make_intrusive<c10d::PrefixStore>(prefix, *store);
    const auto timeout = std::chrono::milliseconds(timeout_milliseconds);
    if (use_nccl) {
#ifdef USE_C10D_NCCL
      auto options = c10d::ProcessGroupNCCL::Options::create();
      options->timeout = timeout;
      group->nccl = c10::make_intrusive<c10d::ProcessGroupNCCL>(keys, rank, size, options);
#else
      TORCH_CHECK(false, "this libtorch was built without NCCL, or without its headers");
#endif
    } else {
#ifdef USE_C10D_GLOO
      auto options = c10d::ProcessGroupGloo::Options::create();
      options->timeout = timeout;
      options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(address));
      group->gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(keys, rank, size, options);
#else
      TORCH_CHECK(false, "this libtorch was built without Gloo, or without its headers");
#endif
    }
    result = group.release();
  });
  return result;
}
MOEPLACE_ABI void moeplace_group_free(Group* group) { delete group; }

// Rows of `input` (rank after rank, in_rows[r] to rank r) into rows of `output` (out_rows[r] from rank r).
MOEPLACE_ABI int moeplace_all_to_all(Group* group, Handle output, Handle input, const int64_t* out_rows, const int64_t* in_rows, int ranks) {
  return attempt([&] {
    auto out = bits(*output), in = bits(*input);
    std::vector<int64_t> out_split(out_rows, out_rows + ranks), in_split(in_rows, in_rows + ranks);
    group->run([&](auto& of) { return of.alltoall_base(out, in, out_split, in_split); });
  });
}
// The same-shaped input of every rank, in the order of ranks.
MOEPLACE_ABI int moeplace_all_gather(Group* group, Handle* outputs, int ranks, Handle input) {
  return attempt([&] {
    std::vector<at::Tensor> in{bits(*input)};
    std::vector<std::vector<at::Tensor>> out(1);
    for (int i = 0; i < ranks; i++) out[0].push_back(bits(*outputs[i]));
    group->run([&](auto& of) { return of.allgather(out, in); });
  });
}
MOEPLACE_ABI int moeplace_all_reduce(Group* group, Handle tensor) {
  return attempt([&] {
    std::vector<at::Tensor> all{*tensor};
    group->run([&](auto& of) { return of.allreduce(all); });
  });
}
MOEPLACE_ABI int moeplace_broadcast(Group* group, Handle tensor, int root) {
  return attempt([&] {
    std::vector<at::Tensor> all{bits(*tensor)};
    c10d::BroadcastOptions options;
    options.rootRank = root;
    group->run([&](auto& of) { return of.broadcast(all, options); });
  });
}
MOEPLACE_ABI int moeplace_barrier(Group* group) {
  return attempt([&] { group->run([&](auto& of) { return of.barrier(); }); });
}
