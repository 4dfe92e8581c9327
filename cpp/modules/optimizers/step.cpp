// One call for all parameters: check the lists, flatten each parameter, share it among threads.
#include <array>

#include "core/parallel.h"
#include "modules/optimizers/optimizers.h"

namespace tinytorch {
namespace optimizers {
namespace {

constexpr int64_t kGrain = 16384;  // elements per thread from which sharing pays

void check_lists(const char* operation, const Tensors& params,
                 std::initializer_list<const Tensors*> others) {
  for (const Tensors* list : others) {
    check(list->size() == params.size(), operation, ": expected lists of one length, got ",
          params.size(), " parameters and ", list->size());
  }
}

// A parameter, its gradient, and what is remembered of it.
template <size_t N>
using Operands = std::array<const Tensor*, N>;

template <size_t N>
void check_operands(const char* operation, const Operands<N>& operands) {
  const Tensor& w = *operands[0];
  for (const Tensor* x : operands) {
    check(x->shape() == w.shape() && x->dtype() == w.dtype(), operation,
          ": expected tensors like the parameter ", w.shape(), " of ", w.dtype(), ", got ",
          x->shape(), " of ", x->dtype());
    check(x == operands[1] || !x->storage() || x->storage()->writable(), operation,
          ": the memory is read-only");
  }
}

// Calls run(w, grad, ...) with parts of the operands as View<T, 1>, from several threads when
// large.
template <size_t N, class Run>
void update(const char* operation, const Operands<N>& operands, Run run) {
  check_operands(operation, operands);
  std::array<Tensor, N> copies;
  Operands<N> flat = operands;
  for (size_t k = 0; k < N; ++k) {
    if (operands[k]->is_contiguous()) continue;
    copies[k] = clone(*operands[k]);
    flat[k] = &copies[k];
  }
  dispatch_floating(operation, operands[0]->dtype(), [&]<class T>() {
    std::array<T*, N> data;
    for (size_t k = 0; k < N; ++k) data[k] = flat[k]->template data<T>();
    parallel_for(0, operands[0]->numel(), kGrain, [&](int64_t first, int64_t last) {
      const auto call = [&](auto*... start) { run(View<T, 1>{start + first, {last - first}}...); };
      std::apply(call, data);
    });
  });
  for (size_t k = 0; k < N; ++k) {
    if (k != 1 && flat[k] != operands[k]) copy_(*operands[k], *flat[k]);
  }
}

}  // namespace
}  // namespace optimizers

void sgd_step(const Tensors& params, const Tensors& grads, Tensors& momentum_buffers, double lr,
              double momentum, double dampening, double weight_decay, bool nesterov,
              bool maximize) {
  optimizers::check_lists("sgd_step", params, {&grads});
  if (momentum != 0) optimizers::check_lists("sgd_step", params, {&momentum_buffers});
  for (size_t i = 0; i < params.size(); ++i) {
    const Tensor grad = maximize ? neg(grads[i]) : grads[i];
    optimizers::Sgd options{lr, momentum, dampening, weight_decay, nesterov};
    if (momentum == 0) {
      optimizers::update("sgd_step", optimizers::Operands<2>{&params[i], &grad},
                         [&]<class T>(View<T, 1> w, View<T, 1> g) {
                           optimizers::sgd_kernel.get<T>()(w, g, options);
                         });
      continue;
    }
    Tensor& buffer = momentum_buffers[i];
    if (!buffer.defined()) {  // its first value is the gradient itself
      buffer = zeros_like(params[i]);
      options.dampening = 0;
    }
    optimizers::update("sgd_step", optimizers::Operands<3>{&params[i], &grad, &buffer},
                       [&]<class T>(View<T, 1> w, View<T, 1> g, View<T, 1> velocity) {
                         optimizers::sgd_momentum_kernel.get<T>()(w, g, velocity, options);
                       });
  }
}

void adam_step(const Tensors& params, const Tensors& grads, const Tensors& exp_avgs,
               const Tensors& exp_avg_sqs, int64_t step, double lr, double beta1, double beta2,
               double eps, double weight_decay, bool decoupled, bool maximize) {
  optimizers::check_lists("adam_step", params, {&grads, &exp_avgs, &exp_avg_sqs});
  check<ValueError>(step >= 1, "adam_step: expected step >= 1, got ", step);
  const auto& kernel = decoupled ? optimizers::adamw_kernel : optimizers::adam_kernel;
  const optimizers::Adam options{lr, beta1, beta2, eps, weight_decay};
  for (size_t i = 0; i < params.size(); ++i) {
    const Tensor grad = maximize ? neg(grads[i]) : grads[i];
    optimizers::update("adam_step",
                       optimizers::Operands<4>{&params[i], &grad, &exp_avgs[i], &exp_avg_sqs[i]},
                       [&]<class T>(View<T, 1> w, View<T, 1> g, View<T, 1> m, View<T, 1> v) {
                         kernel.get<T>()(w, g, m, v, step, options);
                       });
  }
}

void rmsprop_step(const Tensors& params, const Tensors& grads, const Tensors& square_avgs,
                  const Tensors& momentum_buffers, double lr, double alpha, double eps,
                  double weight_decay, double momentum, bool maximize) {
  optimizers::check_lists("rmsprop_step", params, {&grads, &square_avgs});
  if (momentum != 0) optimizers::check_lists("rmsprop_step", params, {&momentum_buffers});
  const optimizers::RmsProp options{lr, alpha, eps, weight_decay, momentum};
  for (size_t i = 0; i < params.size(); ++i) {
    const Tensor grad = maximize ? neg(grads[i]) : grads[i];
    const auto run = [&]<class T>(View<T, 1> w, View<T, 1> g, View<T, 1> v, View<T, 1> buffer) {
      optimizers::rmsprop_kernel.get<T>()(w, g, v, buffer, options);
    };
    if (momentum != 0) {
      optimizers::update(
          "rmsprop_step",
          optimizers::Operands<4>{&params[i], &grad, &square_avgs[i], &momentum_buffers[i]}, run);
    } else {
      optimizers::update(
          "rmsprop_step", optimizers::Operands<3>{&params[i], &grad, &square_avgs[i]},
          [&]<class T>(View<T, 1> w, View<T, 1> g, View<T, 1> v) { run(w, g, v, View<T, 1>{}); });
    }
  }
}

}  // namespace tinytorch
