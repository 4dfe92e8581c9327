// Losses, recorded: where every backward pass begins.
#include "modules/autograd/functions.h"

namespace tinytorch {

Variable mse_loss(const Variable& x, const Variable& target, Reduction reduction) {
  return record("MseLossBackward0", mse(x.data(), target.data(), reduction),
                saving(x, target, reduction),
                by(x, [](auto& grad, auto& x, auto& target,
                         auto& reduction) { return mse_backward(grad, x, target, reduction); }),
                by(target, [](auto& grad, auto& x, auto& target, auto& reduction) {
                  return mse_backward(grad, target, x, reduction);
                }));
}

Variable binary_cross_entropy(const Variable& x, const Variable& target, const Tensor& weight,
                              Reduction reduction) {
  return record(
      "BinaryCrossEntropyBackward0", bce(x.data(), target.data(), weight, reduction),
      saving(x, target, weight, reduction),
      by(x, [](auto& grad, auto& x, auto& target, auto& weight,
               auto& reduction) { return bce_backward(grad, x, target, weight, reduction); }),
      by(target, [](auto& grad, auto& x, auto&, auto& weight, auto& reduction) {
        return bce_backward_target(grad, x, weight, reduction);
      }));
}

Variable binary_cross_entropy_with_logits(const Variable& x, const Variable& target,
                                          const BceOptions& options) {
  return record(
      "BinaryCrossEntropyWithLogitsBackward0", bce_with_logits(x.data(), target.data(), options),
      saving(x, target, options),
      by(x, [](auto& grad, auto& x, auto& target,
               auto& options) { return bce_with_logits_backward(grad, x, target, options); }),
      by(target, [](auto& grad, auto& x, auto&, auto& options) {
        return bce_with_logits_backward_target(grad, x, options);
      }));
}

Variable nll_loss(const Variable& x, const Variable& target, const ClassOptions& options) {
  return record(x.dim() > 2 ? "NllLoss2DBackward0" : "NllLossBackward0",
                nll(x.data(), target.data(), options), saving(x, target, options),
                by(x, [](auto& grad, auto& x, auto& target, auto& options) {
                  return nll_backward(grad, x, target, options);
                }));
}

namespace {

// Written out in differentiable steps, for a gradient by the target's probabilities too.
Variable soft_cross_entropy(const Variable& x, const Variable& target,
                            const ClassOptions& options) {
  const int64_t dim = x.dim() > 1 ? 1 : 0, classes = x.shape()[dim];
  Variable log_p = log_softmax(x, dim);
  if (options.weight.defined()) {
    Shape along(x.dim(), 1);
    along[dim] = classes;
    log_p = log_p * Variable(reshape(options.weight, along));
  }
  const double smoothing = options.label_smoothing;
  const Variable smooth = target * Scalar(1 - smoothing) +
                          Scalar(smoothing / static_cast<double>(std::max<int64_t>(classes, 1)));
  const Variable loss = -sum(smooth * log_p, Dims{dim});
  switch (options.reduction) {
    case Reduction::kNone: return loss;
    case Reduction::kMean: return mean(loss);
    default: return sum(loss);
  }
}

}  // namespace

Variable cross_entropy(const Variable& x, const Variable& target, const ClassOptions& options) {
  if (target.requires_grad()) return soft_cross_entropy(x, target, options);
  const auto [loss, softmax] = cross_entropy(x.data(), target.data(), options);
  return record(x.dim() > 2 ? "NllLoss2DBackward0" : "NllLossBackward0", loss,
                saving(softmax, target, options),
                by(x, [](auto& grad, auto& softmax, auto& target, auto& options) {
                  return cross_entropy_backward(grad, softmax, target, options);
                }));
}

}  // namespace tinytorch
