// Losses of single predictions on tensors: broadcast, weigh, reduce.
#include "modules/losses/reduce.h"

namespace tinytorch {
namespace losses {
namespace {

Tensor single_losses(const char* operation, const Kernel<PairMap>& kernel, const Tensor& x,
                     const Tensor& target) {
  const Tensor in = contiguous(x), wanted = contiguous(target);
  Tensor loss = empty_like(x);
  dispatch_floating(operation, x.dtype(), [&]<class T>() {
    const auto run = kernel.get<T>();
    const View<const T, 1> from = in.flat<const T>(), with = wanted.flat<const T>();
    const View<T, 1> to = loss.flat<T>();
    parallel_for(0, x.numel(), kGrain, [&](int64_t first, int64_t last) {
      run(part(from, first, last), part(with, first, last), part(to, first, last));
    });
  });
  return loss;
}

// grad: one element, or x's shape.
Tensor single_gradients(const char* operation, const Kernel<PairMapBackward>& kernel,
                        const Tensor& grad, const Tensor& x, const Tensor& target) {
  const Tensor grad_loss = contiguous(grad), in = contiguous(x), wanted = contiguous(target);
  Tensor grad_x = empty_like(x);
  dispatch_floating(operation, x.dtype(), [&]<class T>() {
    const auto run = kernel.get<T>();
    const Strided<const T, 1> scale = each<T>(grad_loss, x.numel());
    const View<const T, 1> from = in.flat<const T>(), with = wanted.flat<const T>();
    const View<T, 1> to = grad_x.flat<T>();
    parallel_for(0, x.numel(), kGrain, [&](int64_t first, int64_t last) {
      run(part(scale, first, last), part(from, first, last), part(with, first, last),
          part(to, first, last));
    });
  });
  return grad_x;
}

Tensor reduce(const Tensor& loss, Reduction reduction) {
  switch (reduction) {
    case Reduction::kNone: return loss;
    case Reduction::kMean: return mean(loss);
    case Reduction::kSum: break;
  }
  return sum(loss);
}

// The gradient by the single losses before they were weighed: one element, or x's shape.
Tensor before_reduction(const char* operation, const Tensor& grad, const Tensor& x,
                        const Tensor& weight, Reduction reduction) {
  check_grad(operation, grad, x.shape(), x.dtype(), reduction);
  const Tensor one =
      reduction == Reduction::kMean ? grad / Scalar(static_cast<double>(x.numel())) : grad;
  return weight.defined() ? one * expand(weight, x.shape()) : one;
}

void check_pair(const char* operation, const Tensor& x, const Tensor& target) {
  check<ValueError>(x.shape() == target.shape(), operation,
                    ": expected target of x's shape, got x ", x.shape(), " and target ",
                    target.shape());
  check(x.dtype() == target.dtype(), operation, ": expected equal dtypes, got ", x.dtype(), " and ",
        target.dtype());
}

void check_factor(const char* operation, const char* factor, const Tensor& value, const Tensor& x) {
  if (!value.defined()) return;
  check(value.dtype() == x.dtype(), operation, ": expected ", factor, " of x's dtype ", x.dtype(),
        ", got ", value.dtype());
  check(tensor::broadcast_shapes(operation, value.shape(), x.shape()) == x.shape(), operation,
        ": expected ", factor, " that broadcasts to ", x.shape(), ", got ", value.shape());
}

void check_probabilities(const char* operation, const char* operand, const Tensor& x) {
  const Tensor in = contiguous(x);
  dispatch_floating(operation, x.dtype(), [&]<class T>() {
    const View<const T, 1> value = in.flat<const T>();
    for (int64_t i = 0; i < value.size(0); ++i) {
      check(value(i) >= 0 && value(i) <= 1, operation, ": expected ", operand,
            " with elements in [0, 1], got ", static_cast<double>(value(i)));
    }
  });
}

Tensor weigh(const Tensor& loss, const Tensor& weight) {
  return weight.defined() ? loss * weight : loss;
}

// The losses are linear in the target: l(x, t) = t l(x, 1) + (1 - t) l(x, 0).
Tensor loss_difference(const char* operation, const Kernel<PairMap>& kernel, const Tensor& x,
                       const Tensor& pos_weight = {}) {
  const Tensor positive = single_losses(operation, kernel, x, ones_like(x));
  return weigh(positive, pos_weight) - single_losses(operation, kernel, x, zeros_like(x));
}

}  // namespace
}  // namespace losses

Tensor mse(const Tensor& x, const Tensor& target, Reduction reduction) {
  const Shape shape = tensor::broadcast_shapes("mse", x.shape(), target.shape());
  const DType dtype = result_type(x, target);
  return losses::reduce(
      losses::single_losses("mse", losses::mse_kernel, expand(to(x, dtype), shape),
                            expand(to(target, dtype), shape)),
      reduction);
}

Tensor mse_backward(const Tensor& grad, const Tensor& x, const Tensor& target,
                    Reduction reduction) {
  const Shape shape = tensor::broadcast_shapes("mse_backward", x.shape(), target.shape());
  const DType dtype = result_type(x, target);
  const Tensor in = expand(to(x, dtype), shape), wanted = expand(to(target, dtype), shape);
  const Tensor scale = losses::before_reduction("mse_backward", grad, in, {}, reduction);
  const Tensor grad_x =
      losses::single_gradients("mse_backward", losses::mse_backward_kernel, scale, in, wanted);
  return to(sum_to(grad_x, x.shape()), x.dtype());
}

Tensor bce(const Tensor& x, const Tensor& target, const Tensor& weight, Reduction reduction) {
  losses::check_pair("bce", x, target);
  losses::check_factor("bce", "weight", weight, x);
  losses::check_probabilities("bce", "x", x);
  losses::check_probabilities("bce", "target", target);
  const Tensor loss = losses::single_losses("bce", losses::bce_kernel, x, target);
  return losses::reduce(losses::weigh(loss, weight), reduction);
}

Tensor bce_backward(const Tensor& grad, const Tensor& x, const Tensor& target, const Tensor& weight,
                    Reduction reduction) {
  losses::check_pair("bce_backward", x, target);
  losses::check_factor("bce_backward", "weight", weight, x);
  const Tensor scale = losses::before_reduction("bce_backward", grad, x, weight, reduction);
  return losses::single_gradients("bce_backward", losses::bce_backward_kernel, scale, x, target);
}

Tensor bce_backward_target(const Tensor& grad, const Tensor& x, const Tensor& weight,
                           Reduction reduction) {
  losses::check_factor("bce_backward_target", "weight", weight, x);
  return losses::before_reduction("bce_backward_target", grad, x, weight, reduction) *
         losses::loss_difference("bce_backward_target", losses::bce_kernel, x);
}

// With pos_weight p the loss is l(x, t) + (p - 1) t l(x, 1), and its gradient likewise.

Tensor bce_with_logits(const Tensor& x, const Tensor& target, const BceOptions& options) {
  const char* operation = "bce_with_logits";
  losses::check_pair(operation, x, target);
  losses::check_factor(operation, "weight", options.weight, x);
  losses::check_factor(operation, "pos_weight", options.pos_weight, x);
  const auto& kernel = losses::bce_with_logits_kernel;
  Tensor loss = losses::single_losses(operation, kernel, x, target);
  if (options.pos_weight.defined()) {
    const Tensor extra = (options.pos_weight - Scalar(1)) * target;
    loss = loss + extra * losses::single_losses(operation, kernel, x, ones_like(x));
  }
  return losses::reduce(losses::weigh(loss, options.weight), options.reduction);
}

Tensor bce_with_logits_backward(const Tensor& grad, const Tensor& x, const Tensor& target,
                                const BceOptions& options) {
  const char* operation = "bce_with_logits_backward";
  losses::check_pair(operation, x, target);
  losses::check_factor(operation, "weight", options.weight, x);
  losses::check_factor(operation, "pos_weight", options.pos_weight, x);
  const auto& kernel = losses::bce_with_logits_backward_kernel;
  const Tensor scale =
      losses::before_reduction(operation, grad, x, options.weight, options.reduction);
  const Tensor grad_x = losses::single_gradients(operation, kernel, scale, x, target);
  if (!options.pos_weight.defined()) return grad_x;
  const Tensor extra = scale * ((options.pos_weight - Scalar(1)) * target);
  return grad_x + losses::single_gradients(operation, kernel, extra, x, ones_like(x));
}

Tensor bce_with_logits_backward_target(const Tensor& grad, const Tensor& x,
                                       const BceOptions& options) {
  const char* operation = "bce_with_logits_backward_target";
  losses::check_factor(operation, "weight", options.weight, x);
  losses::check_factor(operation, "pos_weight", options.pos_weight, x);
  return losses::before_reduction(operation, grad, x, options.weight, options.reduction) *
         losses::loss_difference(operation, losses::bce_with_logits_kernel, x, options.pos_weight);
}

}  // namespace tinytorch
