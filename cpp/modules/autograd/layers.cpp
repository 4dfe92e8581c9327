// Layers, recorded: a linear layer's three gradients, each computed only when asked for.
#include "modules/autograd/functions.h"

namespace tinytorch {
namespace {

// As PyTorch calls the operation it folds this one into.
const char* linear_name(int64_t dims, bool has_bias) {
  if (dims == 2) return has_bias ? "AddmmBackward0" : "MmBackward0";
  if (has_bias) return "ViewBackward0";
  return dims == 1 ? "SqueezeBackward4" : "UnsafeViewBackward0";
}

}  // namespace

Variable linear(const Variable& x, const Variable& weight, const Variable& bias) {
  const bool has_bias = bias.defined();
  return record(
      linear_name(x.dim(), has_bias),
      linear(x.data(), weight.data(), has_bias ? bias.data() : Tensor()), saving(x, weight),
      by(x, [](auto& grad, auto&, auto& weight) { return linear_backward_x(grad, weight); }),
      by(weight, [](auto& grad, auto& x, auto&) { return linear_backward_weight(grad, x); }),
      by(bias, [](auto& grad, auto&, auto&) { return linear_backward_bias(grad); }));
}

Variable dropout(const Variable& x, double p, bool training, Generator& generator) {
  const auto [y, mask] = dropout(x.data(), p, training, generator);
  if (y.storage() == x.data().storage()) return x;
  return record("MulBackward0", y, saving(mask, p, training),
                by(x, [](auto& grad, auto& mask, auto& p, auto& training) {
                  return dropout_backward(grad, mask, p, training);
                }));
}

}  // namespace tinytorch
