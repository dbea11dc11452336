// Gradients and AdamW.
#include "abi.h"

#include <torch/types.h>

#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adamw.h>

#include <vector>

using namespace moeplace;

MOEPLACE_ABI int moeplace_set_requires_grad(Handle tensor, int wanted) {
  return attempt([&] { tensor->set_requires_grad(wanted != 0); });
}
MOEPLACE_ABI int moeplace_requires_grad(Handle tensor) { return tensor->requires_grad() ? 1 : 0; }
MOEPLACE_ABI int moeplace_backward(Handle loss) {
  return attempt([&] { loss->backward(); });
}
// Null without a message where the tensor has no gradient.
MOEPLACE_ABI Handle moeplace_grad(Handle tensor) {
  return tensor->grad().defined() ? make([&] { return tensor->grad(); }) : nullptr;
}
MOEPLACE_ABI int moeplace_grad_enabled() { return at::GradMode::is_enabled() ? 1 : 0; }
MOEPLACE_ABI void moeplace_set_grad_enabled(int enabled) { at::GradMode::set_enabled(enabled != 0); }

using Optimizer = torch::optim::AdamW;

namespace {

torch::optim::AdamWParamState* state_of(Optimizer* optimizer, int index, bool make_it) {
  auto& parameter = optimizer->param_groups()[0].params()[static_cast<size_t>(index)];
#if TORCH_VERSION_MAJOR >= 2
  auto* key = static_cast<void*>(parameter.unsafeGetTensorImpl());
#else
  const auto key = c10::guts::to_string(parameter.unsafeGetTensorImpl());
#endif
  auto& all = optimizer->state();
  auto found = all.find(key);
  if (found == all.end()) {
    if (!make_it) return nullptr;
    found = all.insert({key, std::make_unique<torch::optim::AdamWParamState>()}).first;
  }
  return static_cast<torch::optim::AdamWParamState*>(found->second.get());
}

}  // namespace

MOEPLACE_ABI Optimizer* moeplace_adamw(Handle* parameters, int count, double rate, double beta1, double beta2, double epsilon, double decay) {
  Optimizer* result = nullptr;
  attempt([&] {
    std::vector<at::Tensor> all;
    for (int i = 0; i < count; i++) all.push_back(*parameters[i]);
    auto options = torch::optim::AdamWOptions(rate).betas(std::make_tuple(beta1, beta2)).eps(epsilon).weight_decay(decay);
    result = new Optimizer(all, options);
  });
  return result;
}
MOEPLACE_ABI void moeplace_adamw_free(Optimizer* optimizer) { delete optimizer; }
MOEPLACE_ABI int moeplace_adamw_step(Optimizer* optimizer) {
  return attempt([&] { optimizer->step(); });
}
MOEPLACE_ABI int moeplace_adamw_zero_grad(Optimizer* optimizer) {
  return attempt([&] {
    for (auto& group : optimizer->param_groups())
      for (auto& parameter : group.params()) parameter.mutable_grad().reset();
  });
}
MOEPLACE_ABI int moeplace_adamw_set_rate(Optimizer* optimizer, double rate) {
  return attempt([&] {
    for (auto& group : optimizer->param_groups()) static_cast<torch::optim::AdamWOptions&>(group.options()).lr(rate);
  });
}
// The moments of one parameter and the steps that made them; no tensors and 0 steps before the first step.
MOEPLACE_ABI int moeplace_adamw_state(Optimizer* optimizer, int index, Handle* first, Handle* second, int64_t* steps) {
  return attempt([&] {
    const auto* state = state_of(optimizer, index, false);
    *steps = state ? state->step() : 0;
    *first = state ? new at::Tensor(state->exp_avg()) : nullptr;
    *second = state ? new at::Tensor(state->exp_avg_sq()) : nullptr;
  });
}
MOEPLACE_ABI int moeplace_adamw_set_state(Optimizer* optimizer, int index, Handle first, Handle second, int64_t steps) {
  return attempt([&] {
    auto* state = state_of(optimizer, index, true);
    state->step(steps);
    state->exp_avg(first->clone());
    state->exp_avg_sq(second->clone());
  });
}
// Scales the gradients so that their norm over all parameters is at most `most`; tells what it was.
MOEPLACE_ABI int moeplace_clip_grad_norm(Handle* parameters, int count, double most, double* norm) {
  return attempt([&] {
    std::vector<at::Tensor> all;
    for (int i = 0; i < count; i++) all.push_back(*parameters[i]);
    *norm = torch::nn::utils::clip_grad_norm_(all, most);
  });
}
